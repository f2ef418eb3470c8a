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
