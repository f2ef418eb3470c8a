/// A person who may sign in: `GET /api/v1/people`.
public struct PersonView: Codable, Sendable, Equatable {
    /// The name of the account: what they sign in as, and what stands beside what they do.
    public var name: String
    public var displayName: String
    public var email: String?
    /// The OpenID provider that they sign in with; none with a local account.
    public var issuer: String?
    /// Those that the provider named when they last signed in.
    public var groups: [String]
    public var hasPassword: Bool
    public var createdAt: Timestamp
    /// None until they have signed in for the first time.
    public var signedInAt: Timestamp?
    /// Since when they cannot sign in.
    public var blockedAt: Timestamp?

    public init(
        name: String, displayName: String, email: String? = nil, issuer: String? = nil, groups: [String] = [],
        hasPassword: Bool, createdAt: Timestamp, signedInAt: Timestamp? = nil, blockedAt: Timestamp? = nil
    ) {
        self.name = name
        self.displayName = displayName
        self.email = email
        self.issuer = issuer
        self.groups = groups
        self.hasPassword = hasPassword
        self.createdAt = createdAt
        self.signedInAt = signedInAt
        self.blockedAt = blockedAt
    }
}

/// `POST /api/v1/people`: invites somebody; the answer is a ``LinkGrant``.
public struct PersonRequest: Codable, Sendable, Equatable {
    public var name: String
    public var displayName: String?
    public var email: String?
    /// What they may do, in each of the repositories; nothing yet if absent.
    public var role: Role?
    /// Where: `**`, `shop/**`, `shop/*` or `shop/web`; everywhere if absent.
    public var repositories: [String]?

    public init(
        name: String, displayName: String? = nil, email: String? = nil, role: Role? = nil,
        repositories: [String]? = nil
    ) {
        self.name = name
        self.displayName = displayName
        self.email = email
        self.role = role
        self.repositories = repositories
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        displayName = try container.decodeUnlessAbsent(String.self, forKey: .displayName)
        email = try container.decodeUnlessAbsent(String.self, forKey: .email)
        role = try container.decodeUnlessAbsent(Role.self, forKey: .role)
        repositories = try container.decodeUnlessAbsent([String].self, forKey: .repositories)
    }
}

/// `PUT /api/v1/people/{name}`: changes what is given and leaves the rest.
public struct PersonChange: Codable, Sendable, Equatable {
    public var displayName: String?
    public var email: String?
    /// `true` ends their sessions, tokens and links; `false` lets them sign in again.
    public var isBlocked: Bool?

    public init(displayName: String? = nil, email: String? = nil, isBlocked: Bool? = nil) {
        self.displayName = displayName
        self.email = email
        self.isBlocked = isBlocked
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        displayName = try container.decodeUnlessAbsent(String.self, forKey: .displayName)
        email = try container.decodeUnlessAbsent(String.self, forKey: .email)
        isBlocked = try container.decodeUnlessAbsent(Bool.self, forKey: .isBlocked)
    }
}

/// A link that signs somebody in, once. It is kept as a hash and told here alone.
public struct LinkGrant: Codable, Sendable, Equatable {
    /// Whom it signs in; none where who opens it chooses a name.
    public var name: String?
    public var url: String
    public var expiresAt: Timestamp

    public init(name: String?, url: String, expiresAt: Timestamp) {
        self.name = name
        self.url = url
        self.expiresAt = expiresAt
    }
}

/// `POST /api/v1/link`: gives a link and gets a personal token for it.
public struct LinkRequest: Codable, Sendable, Equatable {
    /// What is behind `code=` in the link.
    public var code: String
    /// Who it is to be, where the link leaves that open.
    public var name: String?
    /// What the token is called; one of that name, of the same person, is good no more.
    public var token: String

    public init(code: String, name: String? = nil, token: String) {
        self.code = code
        self.name = name
        self.token = token
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        code = try container.decode(String.self, forKey: .code)
        name = try container.decodeUnlessAbsent(String.self, forKey: .name)
        token = try container.decode(String.self, forKey: .token)
    }
}

/// A token that acts as one person.
public struct PersonalToken: Codable, Sendable, Equatable {
    /// Whose it is.
    public var person: String
    /// What it is called.
    public var name: String
    public var token: String
    public var expiresAt: Timestamp

    public init(person: String, name: String, token: String, expiresAt: Timestamp) {
        self.person = person
        self.name = name
        self.token = token
        self.expiresAt = expiresAt
    }
}

/// Who is asking: `GET /api/v1/me`.
public struct MeView: Codable, Sendable, Equatable {
    /// The name of the account.
    public var name: String
    /// None where it is no person's.
    public var person: PersonView?
    /// The browser's session; none where it is asked with a token.
    public var session: String?
    /// The token that it is asked with, or that the session was begun with.
    public var token: String?

    public init(name: String, person: PersonView?, session: String?, token: String? = nil) {
        self.name = name
        self.person = person
        self.session = session
        self.token = token
    }
}

/// `PUT /api/v1/me/password`: every other session of the person ends.
public struct PasswordRequest: Codable, Sendable, Equatable {
    /// Left out where there is none yet.
    public var current: String?
    public var password: String

    public init(current: String?, password: String) {
        self.current = current
        self.password = password
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        current = try container.decodeUnlessAbsent(String.self, forKey: .current)
        password = try container.decode(String.self, forKey: .password)
    }
}
