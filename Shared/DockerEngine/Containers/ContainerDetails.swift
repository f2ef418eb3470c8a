/// A container as the engine knows it.
public struct ContainerDetails: Sendable, Hashable, Decodable {
    public struct State: Sendable, Hashable, Decodable {
        /// `created`, `running`, `paused`, `restarting`, `removing`, `exited` or `dead`.
        public var status: String
        public var isRunning: Bool
        public var exitCode: Int32
        /// Whether the kernel ended it for using more memory than it may.
        public var wasOutOfMemory: Bool
        /// Why it could not start, in the engine's words; empty otherwise.
        public var problem: String
        /// `starting`, `healthy`, `unhealthy`, or `nil` for an image without a health check.
        public var health: String?

        private enum Keys: String, CodingKey { case status, running, exitCode, oomKilled, error, health }
        private struct HealthState: Decodable { var status: String }

        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Keys.self)
            status = try container.decode(String.self, forKey: .status)
            isRunning = try container.decode(Bool.self, forKey: .running)
            exitCode = try container.decode(Int32.self, forKey: .exitCode)
            wasOutOfMemory = try container.decodeIfPresent(Bool.self, forKey: .oomKilled) ?? false
            problem = try container.decodeIfPresent(String.self, forKey: .error) ?? ""
            health = try container.decodeIfPresent(HealthState.self, forKey: .health)?.status
        }
    }

    /// Where the host answers for a port of the container.
    public struct Binding: Sendable, Hashable, Decodable {
        public var address: String
        public var port: Int?

        private enum Keys: String, CodingKey { case hostIp, hostPort }

        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Keys.self)
            address = try container.decodeIfPresent(String.self, forKey: .hostIp) ?? ""
            port = Int(try container.decodeIfPresent(String.self, forKey: .hostPort) ?? "")
        }
    }

    public var id: String
    public var name: String
    /// The id of its image, `sha256:…`.
    public var imageID: String
    /// The name of the image it was made from.
    public var image: String
    public var labels: [String: String]
    public var state: State
    /// By port, such as `80/tcp`.
    public var ports: [String: [Binding]]
    /// Its address by network.
    public var addresses: [String: String]
    /// Where it sees folders of the host: by path in the container, the host's path.
    public var mounts: [String: String]

    private enum Keys: String, CodingKey { case id, name, image, config, state, networkSettings, mounts }
    private struct MountPoint: Decodable {
        var source: String?
        var destination: String
    }
    private struct Configuration: Decodable {
        var image: String
        var labels: [String: String]?
    }
    private struct Networks: Decodable {
        struct Endpoint: Decodable { var ipAddress: String? }
        var ports: [String: [Binding]?]?
        var networks: [String: Endpoint]?
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        id = try container.decode(String.self, forKey: .id)
        let slashed = try container.decode(String.self, forKey: .name)
        name = slashed.hasPrefix("/") ? String(slashed.dropFirst()) : slashed
        imageID = try container.decode(String.self, forKey: .image)
        let configuration = try container.decode(Configuration.self, forKey: .config)
        image = configuration.image
        labels = configuration.labels ?? [:]
        state = try container.decode(State.self, forKey: .state)
        let networks = try container.decodeIfPresent(Networks.self, forKey: .networkSettings)
        ports = (networks?.ports ?? [:]).compactMapValues { $0 }
        addresses = (networks?.networks ?? [:]).compactMapValues(\.ipAddress)
        let mountPoints = try container.decodeIfPresent([MountPoint].self, forKey: .mounts) ?? []
        mounts = Dictionary(
            mountPoints.compactMap { point in point.source.map { (point.destination, $0) } },
            uniquingKeysWith: { _, last in last })
    }
}

/// One line of a list of containers, networks or volumes.
public struct LabelledObject: Sendable, Hashable {
    public var id: String
    public var name: String
    public var labels: [String: String]
    /// Seconds since 1970, where the engine tells it.
    public var createdAt: Int64?
}
