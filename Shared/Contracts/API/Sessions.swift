/// `POST /api/v1/session`: signs a browser in, by name and password or by a token; the answer sets a cookie.
public struct SessionRequest: Codable, Sendable, Equatable {
    public var name: String?
    public var password: String?
    public var token: String?

    public init(token: String) { self.token = token }

    public init(name: String, password: String) {
        self.name = name
        self.password = password
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decodeUnlessAbsent(String.self, forKey: .name)
        password = try container.decodeUnlessAbsent(String.self, forKey: .password)
        token = try container.decodeUnlessAbsent(String.self, forKey: .token)
    }
}

/// A browser that is signed in: `GET /api/v1/sessions`.
public struct SessionView: Codable, Sendable, Equatable {
    public var id: String
    /// Who it is.
    public var person: String
    public var createdAt: Timestamp
    /// When it was last used, to some minutes.
    public var usedAt: Timestamp
    public var expiresAt: Timestamp
    /// The address it was begun from.
    public var client: String?
    /// What the browser called itself.
    public var agent: String?
    /// Whether it is the one that asks.
    public var isCurrent: Bool

    public init(
        id: String, person: String, createdAt: Timestamp, usedAt: Timestamp, expiresAt: Timestamp, client: String?,
        agent: String?, isCurrent: Bool
    ) {
        self.id = id
        self.person = person
        self.createdAt = createdAt
        self.usedAt = usedAt
        self.expiresAt = expiresAt
        self.client = client
        self.agent = agent
        self.isCurrent = isCurrent
    }
}
