/// How a container runs on a single Docker host, where one replaces the other.
public struct ContainerRun: Sendable, Hashable {
    /// As `8080:80` or `127.0.0.1:8080:80/tcp`.
    public var ports: [String]
    public var environment: [String: Value]
    /// As `/srv/data:/data` or `data:/data:ro`.
    public var volumes: [String]
    public var network: String?
    /// Replaces the image's command.
    public var command: [String]
    /// `no`, `always`, `on-failure` or `unless-stopped`.
    public var restart: String
    /// When the new one counts as running; the old one is kept until then and comes back if it never does.
    public var health: Probe?

    public init(
        ports: [String] = [], environment: [String: Value] = [:], volumes: [String] = [], network: String? = nil,
        command: [String] = [], restart: String = "unless-stopped", health: Probe? = nil
    ) {
        self.ports = ports
        self.environment = environment
        self.volumes = volumes
        self.network = network
        self.command = command
        self.restart = restart
        self.health = health
    }
}

extension ContainerRun: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case ports, environment, volumes, network, command, restart, health
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        ports = try container.decode(.ports, default: [])
        environment = try container.decode(.environment, default: [:])
        volumes = try container.decode(.volumes, default: [])
        network = try container.decodeIfPresent(String.self, forKey: .network)
        command = try container.decode(.command, default: [])
        restart = try container.decode(.restart, default: "unless-stopped")
        health = try container.decodeIfPresent(Probe.self, forKey: .health)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(ports, forKey: .ports, unless: [])
        try container.encode(environment, forKey: .environment, unless: [:])
        try container.encode(volumes, forKey: .volumes, unless: [])
        try container.encodeIfPresent(network, forKey: .network)
        try container.encode(command, forKey: .command, unless: [])
        try container.encode(restart, forKey: .restart, unless: "unless-stopped")
        try container.encodeIfPresent(health, forKey: .health)
    }
}
