import Contracts
import Messaging

/// Makes a push durable: at the broker, or while that is away in the spool.
struct Intake: Sendable {
    typealias Publish = @Sendable (PreparedMessage) async throws -> Void

    /// Where a push is safe.
    enum Durability: String, Sendable, CustomStringConvertible {
        case broker, spool
        var description: String { rawValue }
    }

    private let publish: Publish
    private let spool: Spool?

    init(publish: @escaping Publish, spool: Spool?) {
        self.publish = publish
        self.spool = spool
    }

    /// Returns once the push is durable.
    /// - Throws: ``HookRefusal/unavailable`` where neither the broker nor the spool takes it.
    func take(_ push: PushReceived) async throws -> Durability {
        let message = try PreparedMessage(push, id: push.trigger.id)
        let key = push.trigger.repository.rawValue
        // While older pushes wait in the spool, newer ones queue up behind them.
        if let spool, !spool.isEmpty {
            try await spool.append(message, key: key)
            return .spool
        }
        do {
            try await publish(message)
            return .broker
        } catch {
            guard let spool else {
                throw HookRefusal.unavailable
            }
            try await spool.append(message, key: key)
            return .spool
        }
    }
}
