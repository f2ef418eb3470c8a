import NIOHTTP1
import Synchronization
import WebServer

/// How large hooks may be: none larger than the limit, all that are being read together no larger than a budget, so
/// that many large ones at a time, of senders nobody has verified yet, do not take the memory. Of the budget one client
/// leaves room for the largest hook of another.
final class BodyLimit: Sendable {
    /// The largest body taken, in bytes.
    let bytes: Int
    /// What all large bodies together may have.
    let budget: Int
    private struct Reserved {
        var bytes = 0
        var byClient: [IPAddress: Int] = [:]
    }
    private let reserved = Mutex(Reserved())

    /// Bodies up to this are not counted: what bounds them is the number of connections.
    private static let small = 16 * 1024

    init(bytes: Int, budget: Int = 64 << 20) {
        self.bytes = bytes
        self.budget = max(bytes, budget)
    }

    /// What large bodies have now.
    var taken: Int { reserved.withLock { $0.bytes } }

    /// Lets a body begin. It has nothing by that: a sender who only announces much keeps nobody out.
    /// - Parameter announced: its length, as far as the sender tells.
    /// - Throws: ``HookRefusal``: 413 where it is too large, 503 where there is no room for it now.
    func admit(_ announced: Int?) throws(HookRefusal) {
        guard let announced else { return }
        guard announced <= bytes else { throw tooLarge(announced) }
        guard announced <= Self.small || reserved.withLock({ $0.bytes + announced <= budget }) else { throw Self.busy }
    }

    /// More of a body has come.
    /// - Parameters:
    ///   - taken: what this gave for it before.
    ///   - length: of all that has come.
    ///   - client: who sends it, where that is known.
    /// - Returns: what is to be given back to ``release(_:)``, for all of it.
    /// - Throws: as ``admit(_:)``.
    func grow(_ taken: Int, to length: Int, of client: IPAddress? = nil) throws(HookRefusal) -> Int {
        guard length <= bytes else { throw tooLarge(nil) }
        guard length > Self.small else { return taken }
        let fits = reserved.withLock { reserved in
            let more = length - taken
            guard reserved.bytes + more <= budget else { return false }
            if let client {
                let own = reserved.byClient[client, default: 0] + more
                guard own <= max(bytes, budget - bytes) else { return false }
                reserved.byClient[client] = own
            }
            reserved.bytes += more
            return true
        }
        guard fits else { throw Self.busy }
        return length
    }

    /// The body was read, or never will be.
    func release(_ taken: Int, of client: IPAddress? = nil) {
        guard taken > 0 else { return }
        reserved.withLock { reserved in
            reserved.bytes -= taken
            guard let client else { return }
            let own = reserved.byClient[client, default: 0] - taken
            reserved.byClient[client] = own > 0 ? own : nil
        }
    }

    private static let busy = HookRefusal(
        .serviceUnavailable, "busy", "many large hooks are being read", remedy: "send the hook again later",
        retryAfter: 5)

    private func tooLarge(_ announced: Int?) -> HookRefusal {
        HookRefusal(
            .payloadTooLarge, "body_too_large",
            "the body \(announced.map { "has \($0) bytes" } ?? "is too large"); \(bytes) are taken",
            remedy: "raise SLIPWAY_HOOK_LIMIT, or push fewer files at a time")
    }
}
