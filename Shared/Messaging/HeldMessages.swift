import AMQP
import Contracts
import Logging

/// Messages that a newer version of Slipway sent and this service does not know yet.
///
/// A message says its version in ``Header/version``, and one that is newer than its reader, or of a type that its reader has
/// never heard of, is neither guessed nor parked: it waits in a queue of its own, comes again once a minute, and is handled as
/// soon as its service is updated. No attempt counts, nothing behind it waits, and how many there are is the length of that
/// queue: `slipway.again.<queue>.held`.
enum HeldMessages {
    /// How long one waits before it is looked at again.
    static let delay = RetryPolicy.Delay(name: "held", duration: .seconds(60))

    /// How long one is held; after that it is parked, where people see it and send it again.
    static let limit = Duration.seconds(7 * 86_400)

    /// How much is held for a queue, in bytes; what is more is parked, so that nobody fills the broker with what nobody knows.
    static let bytes: Int64 = 64 << 20

    enum Decision: Sendable, Equatable {
        /// - Parameters:
        ///   - since: when it was held first.
        ///   - isFirst: whether that is now.
        case hold(since: Timestamp, isFirst: Bool)
        case park(reason: String)
    }

    /// What becomes of one.
    /// - Parameter since: when it was held first; `nil` for one that was not.
    static func decide(_ reason: String, heldSince since: Timestamp?, now: Timestamp) -> Decision {
        guard let since, since <= now else { return .hold(since: now, isFirst: since == nil) }
        guard since.adding(limit) > now else {
            return .park(reason: "it was held for \(limit.components.seconds / 86_400) days: \(reason)")
        }
        return .hold(since: since, isFirst: false)
    }
}

extension IncomingMessage {
    /// The version that its reader has to know.
    var version: Int64 {
        if case .integer(let version)? = properties.headers[Header.version] { version } else { 1 }
    }

    /// Since when it is held; `nil` where it is not.
    var heldSince: Timestamp? {
        properties.headers[Header.heldSince]?.integer.map { Timestamp(milliseconds: $0) }
    }

    /// - Parameter version: the newest one of its type that this service knows.
    /// - Throws: ``MessageFailure/newer(_:)`` where it is newer.
    func check(_ type: String, known version: Int) throws(MessageFailure) {
        guard self.version > version else { return }
        throw .newer(
            "version \(self.version) of \(type) is newer than version \(version), which this service knows: update it")
    }
}

extension DeliveryLoop {
    /// Puts a message of a newer version where it waits for this service to be updated.
    /// - Returns: the reason to park it for, where it has waited long enough; else `nil`.
    /// - Throws: `AMQPError` where that could not be stored.
    func hold(
        _ delivery: Delivery, by bus: Bus, attempt: Int, _ reason: String, _ logger: Logger
    ) async throws -> String? {
        switch HeldMessages.decide(reason, heldSince: delivery.message.heldSince, now: .now) {
        case .park(let reason): return reason
        case .hold(let since, let isFirst):
            logger.log(
                level: isFirst ? .warning : .debug, "message of a newer version is held",
                metadata: ["after": "\(HeldMessages.delay.duration)", "reason": "\(reason)"])
            var message = delivery.message.resent(
                to: queue.again, routingKey: HeldMessages.delay.name, at: bus.login)
            message.properties.headers[Header.attempt] = .integer(Int64(attempt))
            message.properties.headers[Header.heldSince] = .integer(since.milliseconds)
            do {
                try await bus.broker.publish(message)
            } catch {
                switch error.code {
                case .nacked: return "as many are held as may be: \(reason)"
                case .unroutable:
                    // A platform of before has not declared that queue.
                    message.routingKey = RetryPolicy.delays[RetryPolicy.delays.count - 1].name
                    try await bus.broker.publish(message)
                default: throw error
                }
            }
            return nil
        }
    }
}
