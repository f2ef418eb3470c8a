import AMQP
import Contracts
import Logging
import Messaging

/// Makes a push durable: at the broker, or while that is away in the spool.
final class Intake: Sendable {
    typealias Publish = @Sendable (PreparedMessage, @escaping Publication.Done) -> Void

    /// Where a push is safe.
    enum Durability: String, Sendable, CustomStringConvertible {
        case broker, spool
        var description: String { rawValue }
    }

    private let publish: Publish
    private let spool: Spool?
    private let logger: Logger

    init(publish: @escaping Publish, spool: Spool?, logger: Logger) {
        self.publish = publish
        self.spool = spool
        self.logger = logger
    }

    /// Tells `done`, on whatever thread, once the push is durable, or ``HookRefusal/unavailable`` where neither the
    /// broker nor the spool takes it.
    func take(_ push: PushReceived, then done: @escaping @Sendable (Result<Durability, HookRefusal>) -> Void) {
        let message: PreparedMessage
        do {
            message = try PreparedMessage(push, id: push.trigger.id)
        } catch {
            logger.error("push cannot be encoded", metadata: ["message": "\(push.trigger.id)", "error": "\(error)"])
            return done(.failure(.unavailable))
        }
        let key = push.trigger.repository.rawValue
        // While older pushes wait in the spool, newer ones queue up behind them.
        if let spool, !spool.isEmpty { return keep(message, key, in: spool, then: done) }
        publish(message) { [self] result in
            switch result {
            case .success: done(.success(.broker))
            case .failure(let error):
                guard let spool else {
                    logger.error("push cannot be kept", metadata: ["message": "\(message.id)", "error": "\(error)"])
                    return done(.failure(.unavailable))
                }
                keep(message, key, in: spool, then: done)
            }
        }
    }

    /// Why a push would be refused now, or `nil`.
    /// - Parameter broker: what keeps it from taking one.
    func problem(broker: String?) async -> String? {
        guard let spool else { return broker.map { "\($0), and there is no spool: set SLIPWAY_DATA" } }
        if broker == nil, spool.isEmpty { return nil }
        return await spool.problem().map { "the spool takes none: \($0)" }
    }

    private func keep(
        _ message: PreparedMessage, _ key: String, in spool: Spool,
        then done: @escaping @Sendable (Result<Durability, HookRefusal>) -> Void
    ) {
        Task { [logger] in
            do {
                try await spool.append(message, key: key)
                done(.success(.spool))
            } catch {
                logger.error("push cannot be spooled", metadata: ["message": "\(message.id)", "error": "\(error)"])
                done(.failure(.unavailable))
            }
        }
    }
}
