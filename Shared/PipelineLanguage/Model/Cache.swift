/// Files kept between runs, brought before the step's first command and stored after its success.
public struct Cache: Sendable, Hashable {
    public enum Policy: String, Codable, Sendable, CaseIterable {
        case pull, push
        case pullPush = "pull-push"
    }

    /// Runs with the same key share it.
    public var key: String
    /// Files of the workspace whose content becomes part of the key.
    public var files: [String]
    /// What is kept, relative to the workspace.
    public var paths: [String]
    /// Keys to look under if there is nothing under the key itself, as prefixes.
    public var fallback: [String]
    public var policy: Policy

    public init(
        key: String = "default", files: [String] = [], paths: [String], fallback: [String] = [],
        policy: Policy = .pullPush
    ) {
        self.key = key
        self.files = files
        self.paths = paths
        self.fallback = fallback
        self.policy = policy
    }
}

extension Cache: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case key, files, paths, fallback, policy
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        key = try container.decode(.key, default: "default")
        files = try container.decode(.files, default: [])
        paths = try container.decode([String].self, forKey: .paths)
        fallback = try container.decode(.fallback, default: [])
        policy = try container.decode(.policy, default: .pullPush)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(key, forKey: .key, unless: "default")
        try container.encode(files, forKey: .files, unless: [])
        try container.encode(paths, forKey: .paths)
        try container.encode(fallback, forKey: .fallback, unless: [])
        try container.encode(policy, forKey: .policy, unless: .pullPush)
    }
}
