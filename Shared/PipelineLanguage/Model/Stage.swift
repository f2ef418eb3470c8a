/// One pipeline of a process: steps that share a workspace, a network and services. In Drone's format, one document
/// of `kind: pipeline`.
public struct Stage: Sendable, Hashable {
    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// Steps run in containers.
        case docker
        /// Steps run as processes of the builder, where a builder allows it.
        case exec
    }

    public var name: String
    public var kind: Kind
    public var platform: Platform
    /// Labels a builder must have.
    public var node: [String: String]
    /// Variables of every step; a step's own win.
    public var environment: [String: Value]
    /// Names of secrets that hold registry logins.
    public var imagePullSecrets: [String]
    /// Stages that end before this one starts.
    public var dependsOn: [String]
    /// How many runs of this stage at most at the same time, or `nil` for no limit.
    public var concurrencyLimit: Int?
    public var clone: Clone
    public var workspace: Workspace
    public var volumes: [Volume]
    /// Run beside the steps of every build job of the stage, started before them.
    public var services: [Step]
    public var trigger: Condition
    /// How long the stage may take, in seconds, or `nil` for the platform's limit.
    public var timeout: Int?
    /// The values of this stage's combination, if it comes from a matrix.
    public var matrix: [String: String]
    /// In the order of the file. Names are unique among steps and services.
    public var steps: [Step]

    public init(
        name: String, kind: Kind = .docker, platform: Platform = Platform(), node: [String: String] = [:],
        environment: [String: Value] = [:], imagePullSecrets: [String] = [], dependsOn: [String] = [],
        concurrencyLimit: Int? = nil, clone: Clone = Clone(), workspace: Workspace = Workspace(),
        volumes: [Volume] = [], services: [Step] = [], trigger: Condition = .always, timeout: Int? = nil,
        matrix: [String: String] = [:], steps: [Step]
    ) {
        self.name = name
        self.kind = kind
        self.platform = platform
        self.node = node
        self.environment = environment
        self.imagePullSecrets = imagePullSecrets
        self.dependsOn = dependsOn
        self.concurrencyLimit = concurrencyLimit
        self.clone = clone
        self.workspace = workspace
        self.volumes = volumes
        self.services = services
        self.trigger = trigger
        self.timeout = timeout
        self.matrix = matrix
        self.steps = steps
    }

    /// The step or service of this name, or `nil`.
    public func step(_ name: String) -> Step? {
        steps.first { $0.name == name } ?? services.first { $0.name == name }
    }

    /// Whether a name is that of a service.
    public func isService(_ name: String) -> Bool {
        services.contains { $0.name == name }
    }
}

extension Stage: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case name, platform, node, environment, concurrency, clone, workspace, volumes, services, trigger, timeout
        case matrix, steps
        case kind = "type"
        case imagePullSecrets = "image_pull_secrets"
        case dependsOn = "depends_on"
    }

    struct Concurrency: Codable {
        var limit: Int
    }

    /// A service is written like a step, under its own word.
    struct Service: Codable {
        var step: Step

        init(step: Step) { self.step = step }

        init(from decoder: any Decoder) throws {
            step = try Step(from: decoder)
        }

        func encode(to encoder: any Encoder) throws {
            try step.encode(to: encoder, nameKey: .service)
        }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        kind = try container.decode(.kind, default: .docker)
        platform = try container.decode(.platform, default: Platform())
        node = try container.decode(.node, default: [:])
        environment = try container.decode(.environment, default: [:])
        imagePullSecrets = try container.decode(.imagePullSecrets, default: [])
        dependsOn = try container.decode(.dependsOn, default: [])
        concurrencyLimit = try container.decodeIfPresent(Concurrency.self, forKey: .concurrency)?.limit
        clone = try container.decode(.clone, default: Clone())
        workspace = try container.decode(.workspace, default: Workspace())
        volumes = try container.decode(.volumes, default: [])
        services = try container.decode([Service].self, .services)
        trigger = try container.decode(.trigger, default: .always)
        timeout = try container.decodeIfPresent(Int.self, forKey: .timeout)
        matrix = try container.decode(.matrix, default: [:])
        steps = try container.decode([Step].self, forKey: .steps)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(kind, forKey: .kind)
        try container.encode(platform, forKey: .platform, unless: Platform())
        try container.encode(node, forKey: .node, unless: [:])
        try container.encode(environment, forKey: .environment, unless: [:])
        try container.encode(imagePullSecrets, forKey: .imagePullSecrets, unless: [])
        try container.encode(dependsOn, forKey: .dependsOn, unless: [])
        try container.encodeIfPresent(concurrencyLimit.map(Concurrency.init), forKey: .concurrency)
        try container.encode(clone, forKey: .clone, unless: Clone())
        try container.encode(workspace, forKey: .workspace, unless: Workspace())
        try container.encode(volumes, forKey: .volumes, unless: [])
        if !services.isEmpty { try container.encode(services.map(Service.init), forKey: .services) }
        try container.encode(trigger, forKey: .trigger, unless: .always)
        try container.encodeIfPresent(timeout, forKey: .timeout)
        try container.encode(matrix, forKey: .matrix, unless: [:])
        try container.encode(steps, forKey: .steps)
    }
}

extension KeyedDecodingContainer<Stage.CodingKeys> {
    fileprivate func decode(_ type: [Stage.Service].Type, _ key: Key) throws -> [Step] {
        try decodeIfPresent(type, forKey: key)?.map(\.step) ?? []
    }
}
