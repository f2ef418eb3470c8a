/// `PUT /api/v1/secrets/{name}`, `PUT /api/v1/groups/{group}/secrets/{name}` and
/// `PUT /api/v1/repositories/{path}/secrets/{name}`.
public struct SecretRequest: Codable, Sendable, Equatable {
    /// Absent where a secret keeps the one it has.
    public var value: String?
    /// Absent where it keeps those it has; a new one has the usual ones then.
    public var rules: SecretRules?

    public init(value: String? = nil, rules: SecretRules? = nil) {
        self.value = value
        self.rules = rules
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        value = try container.decodeUnlessAbsent(String.self, forKey: .value)
        rules = try container.decodeUnlessAbsent(SecretRules.self, forKey: .rules)
    }
}

/// Which jobs and steps get a secret. Lists are globs where nothing else is said; a list that is absent is empty.
public struct SecretRules: Codable, Sendable, Equatable {
    /// The refs whose commits get it, such as `refs/heads/main`; if empty, every branch and tag.
    public var refs: [String]
    /// The events that get it; if empty, all but those of merge requests.
    public var events: [Event]
    /// The environments it is for, by name: rollouts to them get it, and runs that promote to them. If empty, every job.
    public var environments: [String]
    /// The images that get it, such as `plugins/docker`, run as they are; if empty, every step.
    public var images: [String]

    public init(refs: [String] = [], events: [Event] = [], environments: [String] = [], images: [String] = []) {
        self.refs = refs
        self.events = events
        self.environments = environments
        self.images = images
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        refs = try container.decodeUnlessAbsent([String].self, forKey: .refs) ?? []
        events = try container.decodeUnlessAbsent([Event].self, forKey: .events) ?? []
        environments = try container.decodeUnlessAbsent([String].self, forKey: .environments) ?? []
        images = try container.decodeUnlessAbsent([String].self, forKey: .images) ?? []
    }

    /// What gets it, in words and in the order people read it.
    public var facts: [(name: String, value: String)] {
        var facts = [
            ("refs", refs.isEmpty ? "every branch and tag" : refs.joined(separator: ", ")),
            (
                "events",
                events.isEmpty ? "all but those of merge requests" : events.map(\.rawValue).joined(separator: ", ")
            ),
        ]
        if !environments.isEmpty { facts.append(("environments", environments.joined(separator: ", "))) }
        if !images.isEmpty { facts.append(("images", images.joined(separator: ", "))) }
        return facts.map { (name: $0.0, value: $0.1) }
    }

    /// The same in one line, without what is usual.
    public var summary: String {
        let lists = [
            refs.isEmpty ? ["every branch and tag"] : refs, events.map(\.rawValue), environments, images,
        ]
        return lists.filter { !$0.isEmpty }.map { $0.joined(separator: ", ") }.joined(separator: " · ")
    }
}

/// A secret's name and rules; its value is never shown.
public struct SecretView: Codable, Sendable, Equatable {
    public var name: String
    /// `nil` for one of a group, or of all repositories.
    public var repository: RepositoryPath?
    /// The group whose repositories may use it; `nil` for one of a single repository, or of all.
    public var group: String?
    /// Those of before have none here, and the usual ones.
    public var rules: SecretRules?
    public var updatedAt: Timestamp

    public init(
        name: String, repository: RepositoryPath? = nil, group: String? = nil, rules: SecretRules? = nil,
        updatedAt: Timestamp
    ) {
        self.name = name
        self.repository = repository
        self.group = group
        self.rules = rules
        self.updatedAt = updatedAt
    }

    /// Whose it is, in words.
    public var owner: String { repository?.rawValue ?? group.map { "\($0)/**" } ?? "all repositories" }
}
