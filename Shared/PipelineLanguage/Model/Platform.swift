/// The machine a stage needs. Empty means any.
public struct Platform: Codable, Sendable, Hashable {
    /// Such as `linux`.
    public var os: String?
    /// Such as `amd64` or `arm64`.
    public var arch: String?
    /// Such as `v7`.
    public var variant: String?
    public var version: String?

    public init(os: String? = nil, arch: String? = nil, variant: String? = nil, version: String? = nil) {
        self.os = os
        self.arch = arch
        self.variant = variant
        self.version = version
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case os, arch, variant, version
    }

    /// What a stage that names no `os` runs on, as in Drone.
    public static let usualOS = "linux"
    /// What a stage that names no `arch` runs on.
    public static let usualArch = "amd64"
}

/// How the source gets into the workspace.
public struct Clone: Sendable, Hashable {
    /// No source at all.
    public var disable: Bool
    /// How many commits of history; 0 for what the builder does by itself.
    public var depth: Int
    /// How often a failed fetch is tried again.
    public var retries: Int
    /// Do not verify the server's certificate.
    public var skipVerify: Bool
    /// Log what Git does.
    public var trace: Bool
    /// Whether submodules come along, those within each other too.
    public var submodules: Bool
    /// Whether files of Git LFS come along in the place of their pointers.
    public var lfs: Bool

    public init(
        disable: Bool = false, depth: Int = 0, retries: Int = 0, skipVerify: Bool = false, trace: Bool = false,
        submodules: Bool = false, lfs: Bool = false
    ) {
        self.disable = disable
        self.depth = depth
        self.retries = retries
        self.skipVerify = skipVerify
        self.trace = trace
        self.submodules = submodules
        self.lfs = lfs
    }
}

extension Clone: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case disable, depth, retries, trace, submodules, lfs
        case skipVerify = "skip_verify"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        disable = try container.decode(.disable, default: false)
        depth = try container.decode(.depth, default: 0)
        retries = try container.decode(.retries, default: 0)
        skipVerify = try container.decode(.skipVerify, default: false)
        trace = try container.decode(.trace, default: false)
        submodules = try container.decode(.submodules, default: false)
        lfs = try container.decode(.lfs, default: false)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(disable, forKey: .disable, unless: false)
        try container.encode(depth, forKey: .depth, unless: 0)
        try container.encode(retries, forKey: .retries, unless: 0)
        try container.encode(skipVerify, forKey: .skipVerify, unless: false)
        try container.encode(trace, forKey: .trace, unless: false)
        try container.encode(submodules, forKey: .submodules, unless: false)
        try container.encode(lfs, forKey: .lfs, unless: false)
    }
}

/// Where the source is in a step's container.
public struct Workspace: Codable, Sendable, Hashable {
    /// `/drone/src` if absent.
    public var base: String?
    /// Below the base.
    public var path: String?

    public init(base: String? = nil, path: String? = nil) {
        self.base = base
        self.path = path
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case base, path
    }
}
