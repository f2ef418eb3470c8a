import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// Reads hooks' bodies: none larger than the limit, all that are being read together no larger than a budget, so that
/// many large ones at a time, of senders nobody has verified yet, do not take the memory.
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

    /// The body.
    /// - Throws: ``HookRefusal``: 413 as soon as it is known to be too large, 503 where there is no room for it, 400
    ///   where the sender stops in the middle.
    func collect(_ request: Request) async throws -> [UInt8] {
        let announced = request.headers[.contentLength].flatMap { Int($0) }
        if let announced, announced > bytes { throw tooLarge(announced) }
        let expected = announced ?? bytes
        guard expected > Self.small else { return try await read(request, upTo: announced ?? bytes) }
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
        defer { reserved.withLock { $0 -= expected } }
        return try await read(request, upTo: expected)
    }

    private func read(_ request: Request, upTo limit: Int) async throws -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(min(limit, Self.small))
        do {
            for try await chunk in request.body {
                guard body.count + chunk.readableBytes <= bytes else { throw tooLarge(nil) }
                body.append(contentsOf: chunk.readableBytesView)
            }
        } catch let refusal as HookRefusal {
            throw refusal
        } catch {
            throw HookRefusal(.badRequest, "incomplete_body", "the body ended before it was whole")
        }
        return body
    }

    private func tooLarge(_ announced: Int?) -> HookRefusal {
        HookRefusal(
            .contentTooLarge, "body_too_large",
            "the body \(announced.map { "has \($0) bytes" } ?? "is too large"); \(bytes) are taken",
            remedy: "raise SLIPWAY_HOOK_LIMIT, or push fewer files at a time")
    }
}
