/// A message to publish.
public struct OutgoingMessage: Sendable, Hashable {
    /// The exchange's name; empty for the default exchange, whose routing keys are names of queues.
    public var exchange: String
    public var routingKey: String
    public var body: [UInt8]
    public var properties: MessageProperties
    /// Whether it is an error (``AMQPError/Code/unroutable``) that no queue takes the message.
    ///
    /// Without effect on replies sent to a direct reply-to address, which the broker would always return.
    public var mandatory: Bool

    public init(
        exchange: String, routingKey: String, body: [UInt8], properties: MessageProperties = .init(),
        mandatory: Bool = true
    ) {
        self.exchange = exchange
        self.routingKey = routingKey
        self.body = body
        self.properties = properties
        self.mandatory = mandatory
    }
}
