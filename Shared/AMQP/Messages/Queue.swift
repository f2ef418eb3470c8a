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
