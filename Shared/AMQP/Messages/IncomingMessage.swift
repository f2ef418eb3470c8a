/// A message as the broker delivered it.
public struct IncomingMessage: Sendable, Hashable {
    /// The exchange it was published to; empty for the default exchange.
    public var exchange: String
    public var routingKey: String
    public var body: [UInt8]
    public var properties: MessageProperties

    public init(exchange: String, routingKey: String, body: [UInt8], properties: MessageProperties = .init()) {
        self.exchange = exchange
        self.routingKey = routingKey
        self.body = body
        self.properties = properties
    }
}
