/// `GET /api/v1/tokens` lists these: what people and programs sign in with. A token itself is told once, see
/// ``TokenGrant``.
public struct TokenView: Codable, Sendable, Equatable {
    public var name: String
    /// Whose it is: a person's or a service account's.
    public var account: String
    /// The most it may do of what its account may; all of it if absent.
    public var role: Role?
    /// Where it may do something of where its account may; everywhere if absent.
    public var repositories: [String]?
    public var createdAt: Timestamp
    /// When it ends; never if absent.
    public var expiresAt: Timestamp?
    /// When it was last used, to the minute; absent where it never was.
    public var usedAt: Timestamp?
    /// Who made it; absent where that was not kept yet.
    public var madeBy: String?
    /// The token that it was made with, and ends with; absent where it was made without one.
    public var parent: String?

    public init(
        name: String, account: String, role: Role? = nil, repositories: [String]? = nil, createdAt: Timestamp,
        expiresAt: Timestamp? = nil, usedAt: Timestamp? = nil, madeBy: String? = nil, parent: String? = nil
    ) {
        self.name = name
        self.account = account
        self.role = role
        self.repositories = repositories
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.usedAt = usedAt
        self.madeBy = madeBy
        self.parent = parent
    }
}

/// `POST /api/v1/tokens`: makes a token. The one of that name ends, with what it made.
public struct TokenRequest: Codable, Sendable, Equatable {
    /// `ACCOUNT/NAME`, or `ACCOUNT` for a service account's usual one. A person's own is named without the person.
    public var name: String
    /// The service account that it is for, whoever asks; what the name says if absent. Its usual token has its name.
    public var account: String?
    /// The most it may do; what a new service account may, and all that its account may if absent.
    public var role: Role?
    /// Where it may do that: `**`, `shop/**`, `shop/*` or `shop/web`; everywhere if absent.
    public var repositories: [String]?
    /// When it ends; never if absent.
    public var expiresAt: Timestamp?

    public init(
        name: String, account: String? = nil, role: Role? = nil, repositories: [String]? = nil,
        expiresAt: Timestamp? = nil
    ) {
        self.name = name
        self.account = account
        self.role = role
        self.repositories = repositories
        self.expiresAt = expiresAt
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        account = try container.decodeUnlessAbsent(String.self, forKey: .account)
        role = try container.decodeUnlessAbsent(Role.self, forKey: .role)
        repositories = try container.decodeUnlessAbsent([String].self, forKey: .repositories)
        expiresAt = try container.decodeUnlessAbsent(Timestamp.self, forKey: .expiresAt)
    }
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
