public import AMQP
public import Logging
public import ServiceLifecycle
import Text

/// Takes messages from a queue and gives each to the handler of its type: acked when handled, retried later or parked
/// with the reason when not. Ends on graceful shutdown, after the handlers that have begun.
public struct QueueConsumer: Service {
    private let loop: DeliveryLoop
    private let handlers: HandlerTable

    /// - Parameters:
    ///   - parking: Where what cannot be handled is parked; `nil` for the broker of `bus`.
    ///   - prefetch: How many deliveries may be unacked, and so at most how many handlers run.
    public init(
        bus: Bus, parking: Bus? = nil, queue: Queue, prefetch: Int, handlers: [any MessageHandler], logger: Logger
    ) {
        loop = DeliveryLoop(bus: bus, parking: parking, queue: queue, prefetch: prefetch, logger: logger)
        self.handlers = HandlerTable(handlers)
    }

    /// Consumes until the service ends, and finishes what is being handled.
    public func run() async throws {
        try await loop.run { [handlers] message, context in
            try await handlers.handler(of: message)(message.body, context)
        }
    }
}

extension Bus {
    /// Puts a message that cannot be handled where people find it, with the reason.
    /// - Parameters:
    ///   - message: as it came.
    ///   - queue: where it came from, and goes when it is retried.
    ///   - reason: why it cannot be handled, for people.
    /// - Throws: `AMQPError` where the broker did not confirm it: then the delivery must not be acked.
    public func park(_ message: IncomingMessage, from queue: Queue, reason: String) async throws(AMQPError) {
        var parked = message.resent(to: MessageMap.parked.exchange, routingKey: MessageMap.parked.name, at: login)
        parked.properties.headers[Header.parkedQueue] = .string(queue.name)
        // A header table has to fit in one frame beside everything else.
        parked.properties.headers[Header.parkedReason] = .string(UTF8Boundary.prefix(reason, bytes: 4000))
        try await broker.publish(parked)
    }
}

extension IncomingMessage {
    /// How often a quorum queue has got it back.
    var returns: Int64 { properties.headers["x-delivery-count"]?.integer ?? 0 }

    /// On a parked message: the queue it could not be handled in, as whoever parked it says.
    ///
    /// The broker parks what was delivered too often, and notes in `x-death` each way out of a queue, the last one first;
    /// the delay of a retry is one too.
    public var parkedQueue: String? {
        if let queue = properties.headers[Header.parkedQueue]?.string { return queue }
        guard case .array(let deaths)? = properties.headers["x-death"] else { return nil }
        for case .table(let death) in deaths where death["reason"]?.string != "expired" {
            return death["queue"]?.string
        }
        return nil
    }

    /// Whether it is an event that no notifier took in time: the broker parks it then.
    public var isUnheard: Bool {
        guard properties.headers[Header.parkedQueue] == nil,
            case .array(let deaths)? = properties.headers["x-death"], case .table(let death)? = deaths.first
        else { return false }
        // Too old, or one too many.
        guard ["expired", "maxlen"].contains(death["reason"]?.string) else { return false }
        return [MessageMap.notifier, MessageMap.formerNotifier].contains { $0.name == death["queue"]?.string }
    }

    /// The same message at the end of its queue again, where it stays known which queue it was parked for.
    func again(in queue: Queue, at login: BrokerLogin) -> OutgoingMessage {
        var message = resent(to: queue.again, routingKey: queue.name, at: login)
        if queue == MessageMap.parked {
            message.properties.headers[Header.parkedQueue] = parkedQueue.map { .string($0) }
            message.properties.headers[Header.sender] = .string(parkedSender ?? BrokerLogin.unknown)
        }
        return message
    }

    /// The same message for another place. What the broker noted on its way is left behind: carried along it would make the
    /// broker see a dead-letter cycle. It bears this service's login from then on, and who sent it first in a header.
    func resent(to exchange: String, routingKey: String, at login: BrokerLogin) -> OutgoingMessage {
        var properties = self.properties
        properties.headers = properties.headers.filter { !$0.key.hasPrefix("x-") }
        properties.headers[Header.sender] = .string(login.sender(of: self))
        properties.persistent = true
        properties.expiration = nil
        return OutgoingMessage(exchange: exchange, routingKey: routingKey, body: body, properties: properties)
    }
}
