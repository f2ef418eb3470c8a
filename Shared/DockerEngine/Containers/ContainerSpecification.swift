/// What a container is made of. The defaults are the careful ones: no new privileges, an init process that reaps, a
/// limit on processes.
public struct ContainerSpecification: Sendable, Hashable {
    /// A place in the container's file system.
    public enum Mount: Sendable, Hashable {
        case volume(name: String, path: String, readOnly: Bool = false)
        case bind(source: String, path: String, readOnly: Bool = false)
        /// In memory; `size` in bytes.
        case temporary(path: String, size: Int64?)

        public var path: String {
            switch self {
            case .volume(_, let path, _), .bind(_, let path, _), .temporary(let path, _): path
            }
        }
    }

    /// A port of the container that the host answers at.
    public struct PublishedPort: Sendable, Hashable {
        public var container: Int
        /// `nil`: the engine picks one.
        public var host: Int?
        /// The host's address it listens at.
        public var address: String
        public var transport: String

        public init(container: Int, host: Int?, address: String = "", transport: String = "tcp") {
            self.container = container
            self.host = host
            self.address = address
            self.transport = transport
        }

        /// As `docker run --publish` takes it: `127.0.0.1:8080:80/udp`.
        public var text: String {
            let listens = address.contains(":") ? "[\(address)]:" : address.isEmpty ? "" : "\(address):"
            let outside = host.map { "\($0):" } ?? (address.isEmpty ? "" : ":")
            return "\(listens)\(outside)\(container)\(transport == "tcp" ? "" : "/\(transport)")"
        }
    }

    /// Addresses that a container is to have in a network; the engine picks where there is none.
    public struct Addresses: Sendable, Hashable, Codable {
        public var ipv4Address: String?
        public var ipv6Address: String?

        private enum CodingKeys: String, CodingKey {
            case ipv4Address = "iPv4Address"
            case ipv6Address = "iPv6Address"
        }

        public init(ipv4Address: String? = nil, ipv6Address: String? = nil) {
            self.ipv4Address = ipv4Address
            self.ipv6Address = ipv6Address
        }

        public var all: [String] { [ipv4Address, ipv6Address].compactMap { $0 }.filter { !$0.isEmpty } }
    }

    public enum Restart: String, Sendable, Hashable {
        case never = "no"
        case always
        case unlessStopped = "unless-stopped"
        case onFailure = "on-failure"
    }

    public enum Logging: Sendable, Hashable {
        /// Kept on the engine's disk, without limit, and readable by ``DockerEngine/log(of:follow:tail:)``.
        case kept
        /// Not kept: who wants it is attached.
        case none
        /// One of the engine's drivers, such as `json-file` with `max-size`.
        case driver(String, options: [String: String])
    }

    /// The engine's own check of a container's health, in place of the image's.
    public enum HealthCheck: Sendable, Hashable {
        case none
        /// A command that exits with 0 while all is well. Times in seconds; `nil` is the engine's default.
        case command([String], interval: Int?, timeout: Int?, startPeriod: Int?, retries: Int?)
    }

    public var image: String
    /// `nil`: the image's own.
    public var entrypoint: [String]?
    public var command: [String]?
    public var environment: [String: String] = [:]
    public var workingDirectory: String?
    public var user: String?
    public var labels: [String: String] = [:]
    public var mounts: [Mount] = []
    /// A network's name or id, `host`, `none`, or `container:<id>`; the engine's default if `nil`.
    public var network: String?
    /// Names it answers to in that network.
    public var aliases: [String] = []
    /// Networks it is in besides, by name or id.
    public var moreNetworks: [String] = []
    /// By network, of those it is to have.
    public var addresses: [String: Addresses] = [:]
    public var ports: [PublishedPort] = []
    public var restart: Restart = .never
    /// `nil`: the engine's default.
    public var logging: Logging?
    /// `nil`: the image's own.
    public var healthCheck: HealthCheck?
    public var privileged = false
    public var droppedCapabilities: [String] = []
    public var addedCapabilities: [String] = []
    public var allowsNewPrivileges = false
    public var usesInit = true
    /// What asks it to end, such as `SIGTERM`; `nil`: what the image says.
    public var stopSignal: String?
    /// How many seconds it has to end before it is killed; `nil`: the engine's default.
    public var stopTimeout: Int?
    /// Whether the signals that end it reach all processes of its first one's group, not that one alone.
    public var signalsGroup = false
    /// The most processes and threads; `nil` is without limit.
    public var processLimit: Int64? = 4096
    /// In bytes; also the limit of memory and swap together unless ``memoryAndSwapLimit`` says otherwise.
    public var memoryLimit: Int64?
    public var memoryAndSwapLimit: Int64?
    /// In CPUs, such as 1.5.
    public var cpuLimit: Double?
    public var sharedMemory: Int64?
    public var dns: [String] = []
    public var dnsSearch: [String] = []
    /// As `name:address`.
    public var extraHosts: [String] = []
    /// As `host path[:container path[:permissions]]`.
    public var devices: [String] = []

    public init(image: String) {
        self.image = image
    }
}
