/// The exchanges, queues and bindings a service relies on, declared again on every new connection.
///
/// A declaration that exists with the same arguments is left as it is; one that exists with others is the error
/// ``AMQPError/Code/preconditionFailed``.
public struct Topology: Sendable, Hashable {
    public var exchanges: [Exchange]
    public var queues: [Queue]
    public var bindings: [Binding]

    public init(exchanges: [Exchange] = [], queues: [Queue] = [], bindings: [Binding] = []) {
        self.exchanges = exchanges
        self.queues = queues
        self.bindings = bindings
    }
}

/// Where messages are published to.
public struct Exchange: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable {
        case direct, topic, fanout, headers
    }

    public var name: String
    public var kind: Kind
    public var durable: Bool
    public var autoDelete: Bool
    public var arguments: [String: HeaderValue]

    public init(
        _ name: String, kind: Kind, durable: Bool = true, autoDelete: Bool = false,
        arguments: [String: HeaderValue] = [:]
    ) {
        self.name = name
        self.kind = kind
        self.durable = durable
        self.autoDelete = autoDelete
        self.arguments = arguments
    }
}

/// Where messages wait for consumers.
public struct Queue: Sendable, Hashable {
    public var name: String
    public var durable: Bool
    /// Used by one connection only, and deleted with it.
    public var exclusive: Bool
    /// Deleted with its last consumer.
    public var autoDelete: Bool
    public var arguments: [String: HeaderValue]

    public init(
        _ name: String, durable: Bool = true, exclusive: Bool = false, autoDelete: Bool = false,
        arguments: [String: HeaderValue] = [:]
    ) {
        self.name = name
        self.durable = durable
        self.exclusive = exclusive
        self.autoDelete = autoDelete
        self.arguments = arguments
    }

    /// A replicated, durable queue.
    public static func quorum(_ name: String, arguments: [String: HeaderValue] = [:]) -> Queue {
        Queue(name, arguments: arguments.merging(["x-queue-type": "quorum"]) { _, quorum in quorum })
    }
}

/// Which messages of an exchange a queue gets.
public struct Binding: Sendable, Hashable {
    public var queue: String
    public var exchange: String
    public var routingKey: String
    public var arguments: [String: HeaderValue]

    public init(
        queue: String, exchange: String, routingKey: String = "", arguments: [String: HeaderValue] = [:]
    ) {
        self.queue = queue
        self.exchange = exchange
        self.routingKey = routingKey
        self.arguments = arguments
    }
}
