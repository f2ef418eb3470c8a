/// What the process asks for before something is rolled out to an environment. A hint: the platform may ask for more.
public struct EnvironmentRule: Sendable, Hashable {
    /// How many people have to approve.
    public var approvals: Int
    /// If not empty, only these branches (globs) may be rolled out.
    public var branches: [String]
    /// Where the result can be seen, for people.
    public var url: String?

    public init(approvals: Int = 0, branches: [String] = [], url: String? = nil) {
        self.approvals = approvals
        self.branches = branches
        self.url = url
    }
}

extension EnvironmentRule: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case approvals, branches, url
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        approvals = try container.decode(.approvals, default: 0)
        branches = try container.decode(.branches, default: [])
        url = try container.decodeIfPresent(String.self, forKey: .url)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(approvals, forKey: .approvals, unless: 0)
        try container.encode(branches, forKey: .branches, unless: [])
        try container.encodeIfPresent(url, forKey: .url)
    }
}

/// A secret that lives outside the platform: `kind: secret`.
public struct ExternalSecret: Codable, Sendable, Hashable {
    public var name: String
    /// Where the store keeps it, such as `secret/data/docker`.
    public var path: String
    /// The key there.
    public var key: String

    public init(name: String, path: String, key: String) {
        self.name = name
        self.path = path
        self.key = key
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case name, path, key
    }
}
