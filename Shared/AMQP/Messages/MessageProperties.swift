/// What travels with a message's body. Texts other than headers are cut off by the protocol at 255 bytes.
public struct MessageProperties: Sendable, Hashable {
    public var contentType: String?
    /// Stays the same when the message is sent again. ``Broker/publish(_:timeout:)`` makes one up where it is missing.
    public var messageID: String?
    public var type: String?
    public var correlationID: String?
    public var replyTo: String?
    /// On a message that was delivered: the login of whoever published it, which the broker has checked. What is sent
    /// bears the connection's own.
    public var userID: String?
    /// Seconds since 1970.
    public var timestamp: UInt64?
    /// How long it may wait in a queue before the broker drops it, in whole milliseconds on the wire; `nil` as long as the
    /// queue lets it.
    public var expiration: Duration?
    /// Whether the message survives a restart of the broker. Quorum queues store every message anyway.
    public var persistent: Bool
    public var headers: [String: HeaderValue]

    public init(
        contentType: String? = nil, messageID: String? = nil, type: String? = nil, correlationID: String? = nil,
        replyTo: String? = nil, userID: String? = nil, timestamp: UInt64? = nil, expiration: Duration? = nil,
        persistent: Bool = true, headers: [String: HeaderValue] = [:]
    ) {
        self.contentType = contentType
        self.messageID = messageID
        self.type = type
        self.correlationID = correlationID
        self.replyTo = replyTo
        self.userID = userID
        self.timestamp = timestamp
        self.expiration = expiration
        self.persistent = persistent
        self.headers = headers
    }
}
