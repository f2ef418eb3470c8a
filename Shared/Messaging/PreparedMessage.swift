public import AMQP
public import Contracts

/// A message ready to be published, as an outbox keeps it: its id stays the same however often it is sent.
public struct PreparedMessage: Codable, Sendable, Hashable {
    public var id: MessageID
    public var type: String
    public var version: Int
    public var exchange: String
    public var routingKey: String
    /// Whether it is an error if no queue takes it.
    public var mandatory: Bool
    public var contentType: String
    /// JSON.
    public var body: String
    public var run: RunID?
    public var traceparent: String?
    /// Of a parked message that is sent again: the login that sent it first.
    public var sender: String?

    public init(
        id: MessageID, type: String, version: Int, exchange: String, routingKey: String, mandatory: Bool = true,
        contentType: String = "application/json", body: String, run: RunID? = nil, traceparent: String? = nil,
        sender: String? = nil
    ) {
        self.id = id
        self.type = type
        self.version = version
        self.exchange = exchange
        self.routingKey = routingKey
        self.mandatory = mandatory
        self.contentType = contentType
        self.body = body
        self.run = run
        self.traceparent = traceparent
        self.sender = sender
    }

    /// A message on its way through ``MessageMap``, or to `queue` where the sender chooses.
    /// - Throws: ``MessagingError`` where the type has no route and no queue is given; an encoding error.
    public init(
        _ message: some Message, to queue: Queue? = nil, id: MessageID = .make(), run: RunID? = nil
    ) throws {
        let kind = Swift.type(of: message)
        let exchange: String
        let routingKey: String
        var mandatory = true
        switch (queue, MessageMap.route(of: kind)) {
        case (let queue?, .wake):
            (exchange, routingKey, mandatory) = (queue.exchange, queue.name, false)
        case (let queue?, _):
            (exchange, routingKey) = (queue.exchange, queue.name)
        case (nil, .queue(let queue)):
            (exchange, routingKey) = (queue.exchange, queue.name)
        case (nil, .fanout(let name)):
            (exchange, routingKey, mandatory) = (name, "", false)
        case (nil, .wake), (nil, nil):
            throw MessagingError(.noRoute, "\(kind.type) has no queue: say which one it goes to")
        }
        self.init(
            id: id, type: kind.type, version: message.neededVersion, exchange: exchange, routingKey: routingKey,
            mandatory: mandatory, body: String(decoding: try message.json(), as: UTF8.self),
            run: run ?? MessageContext.current?.run,
            traceparent: Traceparent.next(after: MessageContext.current?.traceparent))
    }

    /// The message as the broker gets it.
    public var outgoing: OutgoingMessage {
        var headers: [String: HeaderValue] = [:]
        if version != 1 { headers[Header.version] = .integer(Int64(version)) }
        if let traceparent { headers[Header.traceparent] = .string(traceparent) }
        if let sender { headers[Header.sender] = .string(sender) }
        // What an earlier version kept is on its way to the exchange that all work went through then.
        let exchange = exchange == MessageMap.deadLetters ? MessageMap.exchange(of: routingKey) : exchange
        return OutgoingMessage(
            exchange: exchange, routingKey: routingKey, body: Array(body.utf8),
            properties: MessageProperties(
                contentType: contentType, messageID: id.rawValue, type: type, correlationID: run?.rawValue,
                headers: headers), mandatory: mandatory)
    }
}

/// The names of the headers Slipway's messages carry.
public enum Header {
    /// The message's version; 1 where it is missing, for the broker decodes and stores each header of every message.
    public static let version = "slipway-version"
    public static let traceparent = "traceparent"
    /// On a message that is sent again: the login that sent it first. See ``BrokerLogin``.
    public static let sender = "slipway-sender"
    /// On a message of a newer version that is held: since when, in milliseconds since 1970.
    public static let heldSince = "slipway-held-since"
    /// Counts handling attempts from 1.
    public static let attempt = "slipway-attempt"
    /// On a parked message: the queue it could not be handled in.
    public static let parkedQueue = "slipway-parked-queue"
    /// On a parked message: why.
    public static let parkedReason = "slipway-parked-reason"
}
