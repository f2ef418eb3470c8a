/// `GET /api/v1/tokens` lists these: what people and programs sign in with. A token itself is told once, see
/// ``TokenGrant``.
public struct TokenView: Codable, Sendable, Equatable {
    public var name: String
    public var createdAt: Timestamp

    public init(name: String, createdAt: Timestamp) {
        self.name = name
        self.createdAt = createdAt
    }
}

/// `POST /api/v1/tokens`: makes a token. The one of that name is good no more.
public struct TokenRequest: Codable, Sendable, Equatable {
    public var name: String

    public init(name: String) { self.name = name }
}

/// The answer to a ``TokenRequest``: the token, which is kept as a hash and told here alone.
public struct TokenGrant: Codable, Sendable, Equatable {
    public var name: String
    public var token: String
    /// Whether it takes the place of the one that it was asked for with.
    public var isOwn: Bool

    public init(name: String, token: String, isOwn: Bool) {
        self.name = name
        self.token = token
        self.isOwn = isOwn
    }
}
