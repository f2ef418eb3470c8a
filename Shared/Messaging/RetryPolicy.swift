import AMQP

/// What happens to a message whose handler failed.
///
/// A retry waits in a queue of fixed delay and is dead-lettered back to its work queue under its own routing key; it
/// is published there anew, since a message that is dead-lettered in a circle is dropped by the broker.
public enum RetryPolicy {
    /// One fixed delay: an exchange and a queue of the same name. Per-message delays would wait behind longer ones.
    public struct Delay: Sendable, Hashable {
        public let name: String
        public let duration: Duration

        func declare(in topology: inout Topology) {
            topology.exchanges.append(Exchange(name, kind: .fanout))
            topology.queues.append(
                AMQP.Queue(
                    name,
                    arguments: [
                        "x-queue-type": .string("quorum"),
                        "x-message-ttl": .integer(duration.components.seconds * 1000),
                        "x-dead-letter-exchange": .string(MessageMap.work),
                        "x-dead-letter-strategy": .string("at-least-once"), "x-overflow": .string("reject-publish"),
                    ]))
            topology.bindings.append(Binding(queue: name, exchange: name, routingKey: ""))
        }
    }

    public static let delays = [
        Delay(name: "slipway.retry.5s", duration: .seconds(5)),
        Delay(name: "slipway.retry.30s", duration: .seconds(30)),
        Delay(name: "slipway.retry.5min", duration: .seconds(300)),
    ]

    /// After which a message comes again for which there was no room.
    public static let later = delays[1]

    /// The attempt after which a message is parked: half an hour after the first.
    public static let attempts = 8

    public enum Decision: Sendable, Hashable {
        case retry(Delay)
        case park
    }

    /// What to do after the `attempt`-th attempt (from 1) failed.
    public static func decide(afterAttempt attempt: Int) -> Decision {
        guard attempt < attempts else { return .park }
        return .retry(delays[min(max(attempt, 1), delays.count) - 1])
    }
}
