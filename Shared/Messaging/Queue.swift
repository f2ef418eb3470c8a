import AMQP
import Text

/// A queue of the broker and what it does when things go wrong.
public struct Queue: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        /// Durable work; what cannot be handled is retried, then parked.
        case work
        /// Durable work that is taken, or given back at once.
        case wakes
        /// Durable work on a separate copy of the events that match.
        case events(bindings: [String])
        /// The same for one that may be away for long, or for good: it holds so much and no more, of which the oldest go, and
        /// goes itself when nobody has used it for a week. Its consumer makes it.
        case bus(bindings: [String], count: Int64, bytes: Int64)
        /// Refuses what does not fit: the publisher keeps it and tries again.
        case bounded(bytes: Int64)
        /// Requests, which nobody waits for after 30 s.
        case requests
        /// Where messages end that no handler could take.
        case parking
    }

    /// Of 255 bytes at most, as AMQP allows.
    public let name: String
    public let kind: Kind

    public init(_ name: String, _ kind: Kind = .work) {
        self.name = ShortName.fit(name)
        self.kind = kind
    }

    /// What messages for it are published to, with its name as the routing key.
    public var exchange: String { MessageMap.exchange(of: name) }

    /// What its consumer alone publishes to, so that a message comes again: at once by the queue's name, later by the
    /// name of a ``RetryPolicy/Delay``.
    var again: String { ShortName.fit(MessageMap.inserting("again", name)) }

    /// How often a message may take its consumer down with it before the broker parks it. A restart of a consumer
    /// counts too, so this is far above what rolling restarts make.
    static let deliveryLimit: Int64 = 50

    /// After how many returns in good order a message is sent anew: well before ``deliveryLimit``, and before the limit of
    /// 20 that RabbitMQ 4 gives to a quorum queue without one, beyond which it drops what has nowhere to go.
    static let returnLimit: Int64 = 10

    /// How often a message may come back to a queue that gives nothing up. RabbitMQ 4 takes −1 for “without a limit”, 3.x drops
    /// at the first return then, and as a policy it is not dependable: such a number both understand.
    static let unlimited: Int64 = 1_000_000

    /// How long events are kept that nobody takes, in milliseconds: as long as people may be away.
    private static let week: Int64 = 7 * 86_400_000

    /// Which delays its messages may be made to wait for.
    private var delays: [RetryPolicy.Delay] {
        switch kind {
        case .work, .events, .bounded: RetryPolicy.delays
        case .wakes, .bus, .requests, .parking: []
        }
    }

    /// The names of the queues where its messages wait to come again.
    var waiting: [String] { (delays + (holds ? [HeldMessages.delay] : [])).map { $0.queue(of: self) } }

    /// Whether messages of a newer version are held for it. What wakes workers and what asks is not: jobs are asked for all
    /// the same, and who asks is answered so.
    var holds: Bool { !delays.isEmpty }

    /// The queue alone, as its consumer declares it. The arguments of a queue that exists cannot be changed.
    var declaration: AMQP.Queue {
        var arguments: [String: HeaderValue] = ["x-queue-type": .string("quorum")]
        switch kind {
        case .work, .wakes, .events:
            // At-least-once dead-lettering is only done with reject-publish.
            arguments["x-dead-letter-exchange"] = .string(MessageMap.deadLetters)
            arguments["x-dead-letter-routing-key"] = .string(MessageMap.parked.name)
            arguments["x-dead-letter-strategy"] = .string("at-least-once")
            arguments["x-overflow"] = .string("reject-publish")
            arguments["x-delivery-limit"] = .integer(Self.deliveryLimit)
        case .bus(_, let count, let bytes):
            // What is dropped is parked, where it is counted. The exchange is one that its consumer may publish to: so it may
            // name it.
            arguments["x-dead-letter-exchange"] = .string(MessageMap.parked.exchange)
            arguments["x-dead-letter-routing-key"] = .string(MessageMap.parked.name)
            arguments["x-overflow"] = .string("drop-head")
            arguments["x-max-length"] = .integer(count)
            arguments["x-max-length-bytes"] = .integer(bytes)
            arguments["x-message-ttl"] = .integer(Self.week)
            arguments["x-expires"] = .integer(Self.week)
            arguments["x-delivery-limit"] = .integer(Self.deliveryLimit)
        case .bounded(let bytes):
            arguments["x-max-length-bytes"] = .integer(bytes)
            arguments["x-overflow"] = .string("reject-publish")
        case .requests:
            arguments["x-message-ttl"] = .integer(30_000)
        case .parking:
            break
        }
        let isLimited = arguments["x-delivery-limit"] != nil
        return AMQP.Queue(name, arguments: arguments, returnLimit: isLimited ? nil : Self.unlimited)
    }

    /// What it gets of the events.
    var eventBindings: [Binding] {
        switch kind {
        case .events(let keys), .bus(let keys, _, _):
            keys.map { Binding(queue: name, exchange: MessageMap.events, routingKey: $0) }
        case .work, .wakes, .bounded, .requests, .parking: []
        }
    }

    /// What its consumer binds it to, and ends to be bound to.
    var ownBindings: [Binding] {
        switch kind {
        case .bus: eventBindings + [Binding(queue: name, exchange: exchange, routingKey: name)]
        case .events: eventBindings
        case .work, .wakes, .bounded, .requests, .parking: []
        }
    }

    /// What its consumer makes of it, where it may make no more.
    func declareOwn(in topology: inout Topology) {
        topology.queues.append(declaration)
        if case .bus = kind { topology.bindings += ownBindings }
    }

    /// The queue, unless its consumer makes it, the exchanges that lead to it, and where its messages wait to come again.
    func declare(in topology: inout Topology) {
        var isOwn = false
        if case .bus = kind { isOwn = true }
        if !isOwn { topology.queues.append(declaration) }
        for source in [exchange, again] {
            let exchange = Exchange(source, kind: .direct)
            if !topology.exchanges.contains(exchange) { topology.exchanges.append(exchange) }
            if !isOwn { topology.bindings.append(Binding(queue: name, exchange: source, routingKey: name)) }
        }
        if !isOwn { topology.bindings += eventBindings }
        for delay in delays { delay.declare(of: self, in: &topology) }
        if holds { HeldMessages.delay.declare(of: self, bytes: HeldMessages.bytes, in: &topology) }
    }
}
