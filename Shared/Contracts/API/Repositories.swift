/// `GET /api/v1/repositories/{path}`: a repository Slipway delivers. The path's slashes are written `%2F`.
public struct RepositoryView: Codable, Sendable, Equatable {
    public var path: RepositoryPath
    public var cloneURL: String
    /// The ``Forge/name`` of the forge it is hosted at; absent from a platform that keeps none.
    public var forge: String?
    public var defaultBranch: String
    /// Whether a pipeline file in the repository may be used.
    public var allowsFile: Bool
    /// Which pushes that no hook told of are made up; absent from a platform that makes up none.
    public var missedPushes: MissedPushes?
    public var hasToken: Bool
    /// The address to enter as the webhook's URL, where the gateway's public address is configured.
    public var hookURL: String?
    public var associations: [AssociationView]
    /// Who said which components are associated; absent where that was not kept yet.
    public var associatedBy: Caller?
    /// How long its runs are kept, where it is not as the platform's settings say.
    public var retention: RetentionRules?
    public var createdAt: Timestamp

    public init(
        path: RepositoryPath, cloneURL: String, forge: String? = nil, defaultBranch: String, allowsFile: Bool,
        missedPushes: MissedPushes? = nil, hasToken: Bool, hookURL: String?, associations: [AssociationView],
        associatedBy: Caller? = nil, retention: RetentionRules? = nil, createdAt: Timestamp
    ) {
        self.path = path
        self.cloneURL = cloneURL
        self.forge = forge
        self.defaultBranch = defaultBranch
        self.allowsFile = allowsFile
        self.missedPushes = missedPushes
        self.hasToken = hasToken
        self.hookURL = hookURL
        self.associations = associations
        self.associatedBy = associatedBy
        self.retention = retention
        self.createdAt = createdAt
    }
}

/// `PUT /api/v1/repositories/{path}`: registers or changes a repository.
public struct RepositoryRequest: Codable, Sendable, Equatable {
    public var cloneURL: String
    /// The ``Forge/name`` of the forge it is hosted at. Absent keeps the one there is, or leaves it to the clone
    /// address's host.
    public var forge: String?
    /// `main` if absent.
    public var defaultBranch: String?
    /// `true` if absent.
    public var allowsFile: Bool?
    /// Which pushes that no hook told of are made up. Absent keeps what there is, which is all at first.
    public var missedPushes: MissedPushes?
    /// The user Git signs in as (`oauth2` for GitLab tokens).
    public var username: String?
    /// The token Git signs in with; sealed on arrival and never shown. Absent keeps the one there is, unless
    /// the address is another one.
    public var token: String?

    public init(
        cloneURL: String, forge: String? = nil, defaultBranch: String? = nil, allowsFile: Bool? = nil,
        missedPushes: MissedPushes? = nil, username: String? = nil, token: String? = nil
    ) {
        self.cloneURL = cloneURL
        self.forge = forge
        self.defaultBranch = defaultBranch
        self.allowsFile = allowsFile
        self.missedPushes = missedPushes
        self.username = username
        self.token = token
    }
}

/// Which pushes that no hook told of are made up: what a repository's hook is not to tell of is not to run either.
public enum MissedPushes: String, Codable, Sendable, CaseIterable {
    case all, branches, none
}

/// `GET /api/v1/repositories/{path}/hook`: what to enter in the forge's webhook form.
public struct HookView: Codable, Sendable, Equatable {
    public var url: String?
    /// The secret, derived for this repository.
    public var token: String
    /// The ``Forge/name`` of the forge the repository is hosted at; absent from a platform that keeps none.
    public var forge: String?
    /// How to enter them at that forge, for people.
    public var help: String?

    public init(url: String?, token: String, forge: Forge? = nil) {
        self.url = url
        self.token = token
        self.forge = forge?.name
        help = forge?.hookHelp
    }
}

/// Which component runs for a repository's events: `PUT /api/v1/repositories/{path}/associations`.
public struct AssociationView: Codable, Sendable, Equatable {
    public var component: String
    /// Events it holds for; all if empty.
    public var events: [Event]
    /// Branches it holds for, as globs; all if empty.
    public var branches: [String]

    public init(component: String, events: [Event] = [], branches: [String] = []) {
        self.component = component
        self.events = events
        self.branches = branches
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        component = try container.decode(String.self, forKey: .component)
        events = try container.decodeIfPresent([Event].self, forKey: .events) ?? []
        branches = try container.decodeIfPresent([String].self, forKey: .branches) ?? []
    }
}
