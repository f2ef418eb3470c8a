/// When a stage (`trigger`) or a step (`when`) takes part. All clauses have to hold; one without a matcher holds.
public struct Condition: Sendable, Hashable {
    public var branch: Matcher?
    public var event: Matcher?
    public var ref: Matcher?
    public var repo: Matcher?
    public var instance: Matcher?
    public var target: Matcher?
    public var cron: Matcher?
    public var action: Matcher?
    /// Holds if one of the changed paths matches.
    public var paths: Matcher?
    /// Not a matcher but the run policy: what the state before has to be. Empty means success.
    public var status: [Status]

    public enum Status: String, Codable, Sendable, CaseIterable {
        case success, failure
    }

    public init(
        branch: Matcher? = nil, event: Matcher? = nil, ref: Matcher? = nil, repo: Matcher? = nil,
        instance: Matcher? = nil, target: Matcher? = nil, cron: Matcher? = nil, action: Matcher? = nil,
        paths: Matcher? = nil, status: [Status] = []
    ) {
        self.branch = branch
        self.event = event
        self.ref = ref
        self.repo = repo
        self.instance = instance
        self.target = target
        self.cron = cron
        self.action = action
        self.paths = paths
        self.status = status
    }

    /// No clause at all.
    public static let always = Condition()

    /// Whether there is a clause that may not hold before anything runs; `status` is none.
    var hasClause: Bool {
        branch != nil || event != nil || ref != nil || repo != nil || instance != nil || target != nil || cron != nil
            || action != nil || paths != nil
    }

    /// Whether it runs while everything before went well.
    public var runsOnSuccess: Bool { status.isEmpty || status.contains(.success) }
    /// Whether it runs after something before failed.
    public var runsOnFailure: Bool { status.contains(.failure) }
}

extension Condition: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case branch, event, ref, repo, instance, target, cron, action, paths, status
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func matcher(_ key: CodingKeys) throws -> Matcher? { try container.decodeIfPresent(Matcher.self, forKey: key) }
        self.init(
            branch: try matcher(.branch), event: try matcher(.event), ref: try matcher(.ref), repo: try matcher(.repo),
            instance: try matcher(.instance), target: try matcher(.target), cron: try matcher(.cron),
            action: try matcher(.action), paths: try matcher(.paths),
            status: try container.decode(.status, default: []))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(branch, forKey: .branch)
        try container.encodeIfPresent(event, forKey: .event)
        try container.encodeIfPresent(ref, forKey: .ref)
        try container.encodeIfPresent(repo, forKey: .repo)
        try container.encodeIfPresent(instance, forKey: .instance)
        try container.encodeIfPresent(target, forKey: .target)
        try container.encodeIfPresent(cron, forKey: .cron)
        try container.encodeIfPresent(action, forKey: .action)
        try container.encodeIfPresent(paths, forKey: .paths)
        try container.encode(status, forKey: .status, unless: [])
    }
}
