/// `POST /api/v1/session`: signs a browser in; the answer sets a cookie.
public struct SessionRequest: Codable, Sendable, Equatable {
    public var token: String

    public init(token: String) { self.token = token }
}

/// `PUT /api/v1/secrets/{name}` and `PUT /api/v1/repositories/{path}/secrets/{name}`.
public struct SecretRequest: Codable, Sendable, Equatable {
    public var value: String

    public init(value: String) { self.value = value }
}

/// A secret's name; its value is never shown.
public struct SecretView: Codable, Sendable, Equatable {
    public var name: String
    /// `nil` for one that all repositories may use.
    public var repository: RepositoryPath?
    public var updatedAt: Timestamp

    public init(name: String, repository: RepositoryPath?, updatedAt: Timestamp) {
        self.name = name
        self.repository = repository
        self.updatedAt = updatedAt
    }
}

/// `PUT /api/v1/registries/{host}`: the login builders push with.
public struct RegistryRequest: Codable, Sendable, Equatable {
    public var username: String
    public var password: String

    public init(username: String, password: String) {
        self.username = username
        self.password = password
    }
}

/// `GET /api/v1/registries` lists these: a registry with a login, whose password is never shown.
public struct RegistryView: Codable, Sendable, Equatable {
    public var host: String
    public var username: String

    public init(host: String, username: String) {
        self.host = host
        self.username = username
    }
}

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
