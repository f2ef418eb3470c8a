/// An image to build from the workspace and to push.
public struct ImageBuild: Sendable, Hashable {
    /// What the step hands on: the repository with the pushed digest (`repository@sha256:…`), the digest alone, the
    /// repository, and the first tag.
    public static let outputs = ["reference", "digest", "repository", "tag"]

    /// The directory sent to the engine, relative to the workspace.
    public var context: String
    /// The Dockerfile, relative to the context; `nil` for `Dockerfile`.
    public var dockerfile: String?
    /// With the registry's host, without a tag: `harbor.example/shop/web`.
    public var repository: String
    /// At least one.
    public var tags: [String]
    /// The stage of the Dockerfile to stop at.
    public var target: String?
    public var arguments: [String: Value]
    public var labels: [String: String]
    /// Images whose layers may be reused.
    public var cacheFrom: [String]
    /// Such as `linux/arm64`.
    public var platform: String?
    /// Ask the registry for newer base images.
    public var pull: Bool
    /// Reuse no layer.
    public var noCache: Bool
    /// `false` to build only.
    public var push: Bool
    /// The login, where the platform has none for the registry.
    public var username: Value?
    public var password: Value?

    public init(
        context: String = ".", dockerfile: String? = nil, repository: String, tags: [String] = ["latest"],
        target: String? = nil, arguments: [String: Value] = [:], labels: [String: String] = [:],
        cacheFrom: [String] = [], platform: String? = nil, pull: Bool = false, noCache: Bool = false,
        push: Bool = true, username: Value? = nil, password: Value? = nil
    ) {
        self.context = context
        self.dockerfile = dockerfile
        self.repository = repository
        self.tags = tags
        self.target = target
        self.arguments = arguments
        self.labels = labels
        self.cacheFrom = cacheFrom
        self.platform = platform
        self.pull = pull
        self.noCache = noCache
        self.push = push
        self.username = username
        self.password = password
    }
}

extension ImageBuild: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case context, dockerfile, repository, tags, target, labels, platform, pull, push, username, password
        case arguments = "args"
        case cacheFrom = "cache_from"
        case noCache = "no_cache"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        context = try container.decode(.context, default: ".")
        dockerfile = try container.decodeIfPresent(String.self, forKey: .dockerfile)
        repository = try container.decode(String.self, forKey: .repository)
        tags = try container.decode(.tags, default: ["latest"])
        target = try container.decodeIfPresent(String.self, forKey: .target)
        arguments = try container.decode(.arguments, default: [:])
        labels = try container.decode(.labels, default: [:])
        cacheFrom = try container.decode(.cacheFrom, default: [])
        platform = try container.decodeIfPresent(String.self, forKey: .platform)
        pull = try container.decode(.pull, default: false)
        noCache = try container.decode(.noCache, default: false)
        push = try container.decode(.push, default: true)
        username = try container.decodeIfPresent(Value.self, forKey: .username)
        password = try container.decodeIfPresent(Value.self, forKey: .password)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(context, forKey: .context, unless: ".")
        try container.encodeIfPresent(dockerfile, forKey: .dockerfile)
        try container.encode(repository, forKey: .repository)
        try container.encode(tags, forKey: .tags)
        try container.encodeIfPresent(target, forKey: .target)
        try container.encode(arguments, forKey: .arguments, unless: [:])
        try container.encode(labels, forKey: .labels, unless: [:])
        try container.encode(cacheFrom, forKey: .cacheFrom, unless: [])
        try container.encodeIfPresent(platform, forKey: .platform)
        try container.encode(pull, forKey: .pull, unless: false)
        try container.encode(noCache, forKey: .noCache, unless: false)
        try container.encode(push, forKey: .push, unless: true)
        try container.encodeIfPresent(username, forKey: .username)
        try container.encodeIfPresent(password, forKey: .password)
    }
}
