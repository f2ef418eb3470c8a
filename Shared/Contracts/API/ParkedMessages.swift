/// A parked message: `GET /api/v1/dead`.
public struct DeadLetterView: Codable, Sendable, Equatable {
    public var id: MessageID
    public var queue: String
    public var type: String
    public var reason: String
    public var body: String
    public var parkedAt: Timestamp

    public init(id: MessageID, queue: String, type: String, reason: String, body: String, parkedAt: Timestamp) {
        self.id = id
        self.queue = queue
        self.type = type
        self.reason = reason
        self.body = body
        self.parkedAt = parkedAt
    }
}
