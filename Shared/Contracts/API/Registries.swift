/// `PUT /api/v1/registries/{place}`: the login that workers pull and push with.
public struct RegistryRequest: Codable, Sendable, Equatable {
    /// Absent with the password where a login keeps those it has.
    public var username: String?
    public var password: String?
    /// Absent where it keeps those it has; a new one has the usual ones then.
    public var rules: RegistryRules?

    public init(username: String? = nil, password: String? = nil, rules: RegistryRules? = nil) {
        self.username = username
        self.password = password
        self.rules = rules
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        username = try container.decodeUnlessAbsent(String.self, forKey: .username)
        password = try container.decodeUnlessAbsent(String.self, forKey: .password)
        rules = try container.decodeUnlessAbsent(RegistryRules.self, forKey: .rules)
    }
}

/// What a registry login is used for.
public enum RegistryUse: String, Codable, Sendable, Hashable, CaseIterable {
    case pull, push
}

/// Which jobs a registry login is used for. Lists are globs where nothing else is said; a list that is absent is empty.
public struct RegistryRules: Codable, Sendable, Equatable {
    /// The repositories whose jobs it is used for; if empty, all.
    public var repositories: [String]
    /// The refs whose commits it is used for, such as `refs/heads/main`; if empty, every branch and tag.
    public var refs: [String]
    /// The events; if empty, all but those of merge requests.
    public var events: [Event]
    /// If empty, pulls and pushes.
    public var uses: [RegistryUse]
    /// Whether commands of steps that run as processes may read it; if absent, where it is limited neither to a path nor to
    /// pulls or pushes, to which nobody could hold them.
    public var commands: Bool?

    public init(
        repositories: [String] = [], refs: [String] = [], events: [Event] = [], uses: [RegistryUse] = [],
        commands: Bool? = nil
    ) {
        self.repositories = repositories
        self.refs = refs
        self.events = events
        self.uses = uses
        self.commands = commands
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        repositories = try container.decodeUnlessAbsent([String].self, forKey: .repositories) ?? []
        refs = try container.decodeUnlessAbsent([String].self, forKey: .refs) ?? []
        events = try container.decodeUnlessAbsent([Event].self, forKey: .events) ?? []
        uses = try container.decodeUnlessAbsent([RegistryUse].self, forKey: .uses) ?? []
        commands = try container.decodeUnlessAbsent(Bool.self, forKey: .commands)
    }

    /// All that it is used for.
    public var allUses: Set<RegistryUse> { uses.isEmpty ? Set(RegistryUse.allCases) : Set(uses) }

    /// Whether commands may read a login at a place.
    public func areCommandsGiven(at place: RegistryPlace) -> Bool {
        commands ?? (place.path.isEmpty && allUses.count == RegistryUse.allCases.count)
    }

    /// In one line, for people.
    /// - Parameter place: where the login is for.
    public func summary(at place: RegistryPlace) -> String {
        let lists = [
            repositories.isEmpty ? ["all repositories"] : repositories,
            refs.isEmpty ? ["every branch and tag"] : refs, events.map(\.rawValue),
            RegistryUse.allCases.filter(allUses.contains).map(\.rawValue)
                + (areCommandsGiven(at: place) ? ["commands"] : []),
        ]
        return lists.filter { !$0.isEmpty }.map { $0.joined(separator: ", ") }.joined(separator: " · ")
    }
}

/// `GET /api/v1/registries` lists these: a registry with a login, whose password is never shown.
public struct RegistryView: Codable, Sendable, Equatable {
    /// The registry's host; behind it a slash and the path that the login is for, where it is for one alone.
    public var host: String
    public var username: String
    /// Those of before have none here, and the usual ones.
    public var rules: RegistryRules?

    public init(host: String, username: String, rules: RegistryRules? = nil) {
        self.host = host
        self.username = username
        self.rules = rules
    }
}
