/// `GET /api/v1/pools/{name}`: whose jobs the builders and deployers of a pool do. It is an object of the platform: a pipeline
/// or an environment only names it.
public struct PoolView: Codable, Sendable, Equatable {
    public var name: String
    public var rules: PoolRules
    /// The account that changed it last.
    public var updatedBy: String
    public var updatedAt: Timestamp

    public init(name: String, rules: PoolRules, updatedBy: String, updatedAt: Timestamp) {
        self.name = name
        self.rules = rules
        self.updatedBy = updatedBy
        self.updatedAt = updatedAt
    }
}

/// `PUT /api/v1/pools/{name}`: what a pool serves. Lists are globs; a list that is absent is empty.
public struct PoolRules: Codable, Sendable, Equatable {
    /// The repositories it serves.
    public var repositories: [String]
    /// The refs, such as `refs/heads/main`; if empty, every branch and tag.
    public var refs: [String]
    /// The events; if empty, all but those of merge requests.
    public var events: [Event]

    public init(repositories: [String] = [], refs: [String] = [], events: [Event] = []) {
        self.repositories = repositories
        self.refs = refs
        self.events = events
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        repositories = try container.decode([String].self, forKey: .repositories)
        refs = try container.decodeUnlessAbsent([String].self, forKey: .refs) ?? []
        events = try container.decodeUnlessAbsent([Event].self, forKey: .events) ?? []
    }

    /// What it serves, in words and in the order people read it.
    public var facts: [(name: String, value: String)] {
        [
            ("repositories", repositories.joined(separator: ", ")),
            ("refs", refs.isEmpty ? "every branch and tag" : refs.joined(separator: ", ")),
            (
                "events",
                events.isEmpty
                    ? "all but those of merge requests" : events.map(\.rawValue).joined(separator: ", ")
            ),
        ]
    }
}
