import NIOHTTP1
import Synchronization

/// How large hooks may be: none larger than the limit, all that are being read together no larger than a budget, so
/// that many large ones at a time, of senders nobody has verified yet, do not take the memory.
final class BodyLimit: Sendable {
    /// The largest body taken, in bytes.
    let bytes: Int
    /// What all large bodies together may have.
    let budget: Int
    private let reserved = Mutex(0)

    /// Bodies up to this are not counted: what bounds them is the number of connections.
    private static let small = 64 * 1024

    init(bytes: Int, budget: Int = 64 << 20) {
        self.bytes = bytes
        self.budget = max(bytes, budget)
    }

    /// What large bodies have now.
    var taken: Int { reserved.withLock { $0 } }

    /// Lets a body in.
    /// - Parameter announced: its length, as far as the sender tells.
    /// - Returns: what is to be given back to ``release(_:)``.
    /// - Throws: ``HookRefusal``: 413 as soon as it is known to be too large, 503 where there is no room for it.
    func admit(_ announced: Int?) throws(HookRefusal) -> Int {
        if let announced, announced > bytes { throw tooLarge(announced) }
        let expected = announced ?? bytes
        guard expected > Self.small else { return 0 }
        let fits = reserved.withLock { reserved in
            guard reserved + expected <= budget else { return false }
            reserved += expected
            return true
        }
        guard fits else {
            throw HookRefusal(
                .serviceUnavailable, "busy", "many large hooks are being read", remedy: "send the hook again later",
                retryAfter: 5)
        }
        return expected
    }

    /// The body was read, or never will be.
    func release(_ admitted: Int) {
        guard admitted > 0 else { return }
        reserved.withLock { $0 -= admitted }
    }

    /// - Parameter length: of what has come so far.
    func check(_ length: Int) throws(HookRefusal) {
        guard length <= bytes else { throw tooLarge(nil) }
    }

    private func tooLarge(_ announced: Int?) -> HookRefusal {
        HookRefusal(
            .payloadTooLarge, "body_too_large",
            "the body \(announced.map { "has \($0) bytes" } ?? "is too large"); \(bytes) are taken",
            remedy: "raise SLIPWAY_HOOK_LIMIT, or push fewer files at a time")
    }
}
