/// A whole pipeline, compiled: what ``Compiler`` makes of a file or a component and all that is needed to run it.
///
/// Its JSON is stable and canonical: a field with its default is left out, so two processes that mean the same have
/// the same JSON and the same ``digest``.
public struct Process: Sendable, Hashable {
    /// The version of the JSON form this code writes.
    public static let formatVersion = 1

    /// For people; a component's name, or the pipeline's.
    public var name: String
    /// What whoever starts a run may choose, by name.
    public var parameters: [String: Parameter]
    /// What a rollout to an environment asks for, by the environment's name.
    public var environments: [String: EnvironmentRule]
    /// Secrets kept outside the platform (`kind: secret`).
    public var secrets: [ExternalSecret]
    /// In the order of the file. Names are unique.
    public var stages: [Stage]

    public init(
        name: String, parameters: [String: Parameter] = [:], environments: [String: EnvironmentRule] = [:],
        secrets: [ExternalSecret] = [], stages: [Stage]
    ) {
        self.name = name
        self.parameters = parameters
        self.environments = environments
        self.secrets = secrets
        self.stages = stages
    }

    /// The stage of this name, or `nil`.
    public func stage(_ name: String) -> Stage? {
        stages.first { $0.name == name }
    }
}

extension Process: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case version, name, parameters, environments, secrets, stages
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let version = try container.decode(.version, default: Self.formatVersion)
        guard version == Self.formatVersion else {
            throw DecodingError.dataCorruptedError(
                forKey: .version, in: container,
                debugDescription: "version \(version) of a process is not known; this reads version 1")
        }
        name = try container.decode(String.self, forKey: .name)
        parameters = try container.decode(.parameters, default: [:])
        environments = try container.decode(.environments, default: [:])
        secrets = try container.decode(.secrets, default: [])
        stages = try container.decode([Stage].self, forKey: .stages)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Self.formatVersion, forKey: .version)
        try container.encode(name, forKey: .name)
        try container.encode(parameters, forKey: .parameters, unless: [:])
        try container.encode(environments, forKey: .environments, unless: [:])
        try container.encode(secrets, forKey: .secrets, unless: [])
        try container.encode(stages, forKey: .stages)
    }
}
