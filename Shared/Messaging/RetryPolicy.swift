import AMQP
import Text

/// What happens to a message whose handler failed.
///
/// A retry waits in a queue of fixed delay and is dead-lettered from there to its work queue; it is published there anew,
/// since a message that is dead-lettered in a circle is dropped by the broker. Every work queue has such queues of its own,
/// with a fixed way back: one that took the way from the message could be made to lead anywhere.
public enum RetryPolicy {
    /// One fixed delay. Per-message delays would wait behind longer ones.
    public struct Delay: Sendable, Hashable {
        public let name: String
        public let duration: Duration

        /// Where messages of a queue wait for so long.
        public func queue(of queue: Queue) -> String { ShortName.fit("\(queue.again).\(name)") }

        /// - Parameter bytes: how much may wait in it; what is more is refused, and stays in its queue.
        func declare(of queue: Queue, bytes: Int64? = nil, in topology: inout Topology) {
            let waiting = self.queue(of: queue)
            var arguments: [String: HeaderValue] = [
                "x-queue-type": .string("quorum"),
                "x-message-ttl": .integer(duration.components.seconds * 1000),
                "x-dead-letter-exchange": .string(queue.exchange),
                "x-dead-letter-routing-key": .string(queue.name),
                "x-dead-letter-strategy": .string("at-least-once"), "x-overflow": .string("reject-publish"),
            ]
            if let bytes { arguments["x-max-length-bytes"] = .integer(bytes) }
            topology.queues.append(AMQP.Queue(waiting, arguments: arguments))
            topology.bindings.append(Binding(queue: waiting, exchange: queue.again, routingKey: name))
        }
    }

    public static let delays = [
        Delay(name: "5s", duration: .seconds(5)),
        Delay(name: "30s", duration: .seconds(30)),
        Delay(name: "5min", duration: .seconds(300)),
    ]

    /// After which a message comes again for which there was no room, where room is made all the time.
    public static let soon = delays[0]

    /// The same where it is not.
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
