import Text

/// A container as the engine knows it.
public struct ContainerDetails: Sendable, Hashable, Decodable {
    public struct State: Sendable, Hashable, Decodable {
        /// `created`, `running`, `paused`, `restarting`, `removing`, `exited` or `dead`.
        public var status: String
        public var isRunning: Bool
        /// When it was started last, in the engine's words; it changes with every start.
        public var startedAt: String
        public var exitCode: Int32
        /// Whether the kernel ended it for using more memory than it may.
        public var wasOutOfMemory: Bool
        /// Why it could not start, in the engine's words; empty otherwise.
        public var problem: String
        /// `starting`, `healthy`, `unhealthy`, or `nil` for an image without a health check.
        public var health: String?

        private enum Keys: String, CodingKey { case status, running, startedAt, exitCode, oomKilled, error, health }
        private struct HealthState: Decodable { var status: String }

        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Keys.self)
            status = try container.decode(String.self, forKey: .status)
            isRunning = try container.decode(Bool.self, forKey: .running)
            startedAt = try container.decodeIfPresent(String.self, forKey: .startedAt) ?? ""
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

    /// A container's place in a network.
    public struct Endpoint: Sendable, Hashable, Decodable {
        /// Empty while the container does not run.
        public var address: String
        /// Likewise, where the network has such addresses.
        public var addressV6: String
        /// That of its interface; empty while the container does not run.
        public var hardwareAddress: String
        /// Names it answers to besides its own.
        public var aliases: [String]
        /// The addresses that somebody asked for, whether it runs or not.
        public var given: ContainerSpecification.Addresses

        private enum Keys: String, CodingKey { case ipAddress, globalIPv6Address, macAddress, aliases, ipamConfig }

        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Keys.self)
            address = try container.decodeIfPresent(String.self, forKey: .ipAddress) ?? ""
            addressV6 = try container.decodeIfPresent(String.self, forKey: .globalIPv6Address) ?? ""
            hardwareAddress = try container.decodeIfPresent(String.self, forKey: .macAddress) ?? ""
            aliases = try container.decodeIfPresent([String].self, forKey: .aliases) ?? []
            given = try container.decodeIfPresent(ContainerSpecification.Addresses.self, forKey: .ipamConfig) ?? .init()
        }
    }

    /// A volume or a folder of the host in the container.
    public struct Mount: Sendable, Hashable, Decodable {
        /// `volume`, `bind` or `tmpfs`.
        public var kind: String
        /// The volume's name; empty for other kinds.
        public var name: String
        /// The path on the host.
        public var source: String
        public var path: String
        public var isWritable: Bool

        private enum Keys: String, CodingKey { case type, name, source, destination, rw }

        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Keys.self)
            kind = try container.decode(String.self, forKey: .type)
            name = try container.decodeIfPresent(String.self, forKey: .name) ?? ""
            source = try container.decodeIfPresent(String.self, forKey: .source) ?? ""
            path = try container.decode(String.self, forKey: .destination)
            isWritable = try container.decodeIfPresent(Bool.self, forKey: .rw) ?? true
        }

        /// Whether it is a volume that nobody named: the engine gave it a name of 64 hexadecimal digits.
        public var isAnonymous: Bool {
            kind == "volume" && Hex.isDigits(name, count: 64)
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
    /// What it publishes, running or not, by the ports of the container.
    public var published: [ContainerSpecification.PublishedPort]
    /// Its place in networks, by their names.
    public var networks: [String: Endpoint]
    public var mounts: [Mount]
    /// How often the engine started it again after it ended by itself.
    public var restartCount: Int
    /// `default`, `host`, `none`, a network's name or id, or `container:<id>`.
    public var networkMode: String
    /// Whether the engine removes it, and its volumes without a name, as soon as it ends (`docker run --rm`).
    public var removesItself: Bool
    /// How many seconds it has to end when it is asked to; below zero as long as it takes. `nil`: nobody said so.
    public var stopTimeout: Int?

    private enum Keys: String, CodingKey {
        case id, name, image, config, state, networkSettings, mounts, restartCount, hostConfig
    }
    private struct HostConfiguration: Decodable {
        var networkMode: String?
        var portBindings: [String: [Binding]?]?
        var autoRemove: Bool?
    }
    private struct Configuration: Decodable {
        var image: String
        var labels: [String: String]?
        var stopTimeout: Int?
    }
    private struct Networks: Decodable {
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
        stopTimeout = configuration.stopTimeout
        state = try container.decode(State.self, forKey: .state)
        let networks = try container.decodeIfPresent(Networks.self, forKey: .networkSettings)
        ports = (networks?.ports ?? [:]).compactMapValues { $0 }
        self.networks = networks?.networks ?? [:]
        mounts = try container.decodeIfPresent([Mount].self, forKey: .mounts) ?? []
        restartCount = try container.decodeIfPresent(Int.self, forKey: .restartCount) ?? 0
        let host = try container.decodeIfPresent(HostConfiguration.self, forKey: .hostConfig)
        networkMode = host?.networkMode ?? ""
        removesItself = host?.autoRemove ?? false
        published = (host?.portBindings ?? [:]).flatMap { port, bindings in
            let parts = port.split(separator: "/").map(String.init)
            return (bindings ?? []).compactMap { binding -> ContainerSpecification.PublishedPort? in
                guard let number = parts.first.flatMap({ Int($0) }) else { return nil }
                return .init(
                    container: number, host: binding.port, address: binding.address,
                    transport: parts.count > 1 ? parts[1] : "tcp")
            }
        }.sorted { ($0.container, $0.transport, $0.host ?? 0) < ($1.container, $1.transport, $1.host ?? 0) }
    }

    /// The fixed ports of the host it publishes at, running or not, as `8080/tcp`.
    public var hostPorts: Set<String> {
        Set(published.compactMap { port in port.host.map { "\($0)/\(port.transport)" } })
    }

    /// Its address by network; empty while it does not run.
    public var addresses: [String: String] { networks.mapValues(\.address) }

    /// Where it sees folders of the host: by path in the container, the host's path.
    public var sources: [String: String] {
        Dictionary(mounts.map { ($0.path, $0.source) }, uniquingKeysWith: { _, last in last })
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
