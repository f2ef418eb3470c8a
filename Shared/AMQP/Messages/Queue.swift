/// Where messages wait for consumers.
public struct Queue: Sendable, Hashable {
    public var name: String
    public var durable: Bool
    /// Used by one connection only, and deleted with it.
    public var exclusive: Bool
    /// Deleted with its last consumer.
    public var autoDelete: Bool
    public var arguments: [String: HeaderValue]
    /// How often a message may be given back, where ``arguments`` say nothing of it and the broker sets a limit of its own:
    /// RabbitMQ 4 drops what comes back more than 20 times. It is an argument of a queue that is new there. The arguments of
    /// one that exists cannot be changed: it is left as it is, and a policy may limit it.
    public var returnLimit: Int64?
    /// Whether it is only looked for.
    var isPassive = false

    public init(
        _ name: String, durable: Bool = true, exclusive: Bool = false, autoDelete: Bool = false,
        arguments: [String: HeaderValue] = [:], returnLimit: Int64? = nil
    ) {
        self.name = name
        self.durable = durable
        self.exclusive = exclusive
        self.autoDelete = autoDelete
        self.arguments = arguments
        self.returnLimit = returnLimit
    }

    /// The same, only looked for.
    var looked: Queue {
        var queue = self
        queue.isPassive = true
        return queue
    }

    /// The same, with its limit as an argument.
    var limited: Queue {
        guard let returnLimit else { return self }
        var queue = self
        queue.arguments["x-delivery-limit"] = .integer(returnLimit)
        queue.returnLimit = nil
        return queue
    }

    /// A replicated, durable queue.
    public static func quorum(_ name: String, arguments: [String: HeaderValue] = [:]) -> Queue {
        Queue(name, arguments: arguments.merging(["x-queue-type": "quorum"]) { _, quorum in quorum })
    }
}
