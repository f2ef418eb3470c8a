/// How a container runs on a single Docker host, where one replaces the other.
public struct ContainerRun: Sendable, Hashable {
    /// Which of the old and the new container runs alone.
    public enum Order: String, Sendable, Hashable, Codable, CaseIterable {
        /// Both run until the new one is known to be well.
        case startFirst = "start-first"
        /// The old one stops first, and starts again if the new one is not well.
        case stopFirst = "stop-first"
    }

    /// What the engine does with the output.
    public struct Logging: Sendable, Hashable, Codable {
        /// Such as `json-file`, `local`, `journald` or `none`.
        public var driver: String
        /// The driver's, such as `max-size`.
        public var options: [String: String]

        public init(driver: String, options: [String: String] = [:]) {
            self.driver = driver
            self.options = options
        }
    }

    /// The engine's own check of the container's health, in place of the image's. Times in seconds; `nil` is the engine's
    /// default.
    public struct HealthCheck: Sendable, Hashable {
        /// Has to exit with 0; empty switches the image's own check off.
        public var command: [String]
        public var interval: Int?
        public var timeout: Int?
        /// How long failures do not count after a start.
        public var startPeriod: Int?
        /// How many failures in a row make it unhealthy.
        public var retries: Int?

        public init(
            command: [String] = [], interval: Int? = nil, timeout: Int? = nil, startPeriod: Int? = nil,
            retries: Int? = nil
        ) {
            self.command = command
            self.interval = interval
            self.timeout = timeout
            self.startPeriod = startPeriod
            self.retries = retries
        }
    }

    /// As `8080:80` or `127.0.0.1:8080:80/tcp`.
    public var ports: [String]
    public var environment: [String: Value]
    /// As `/srv/data:/data` or `data:/data:ro`.
    public var volumes: [String]
    /// A network of the host, or `host`.
    public var network: String?
    /// Networks it is in besides.
    public var networks: [String]
    /// Names it answers to in these networks besides its own.
    public var aliases: [String]
    /// Replaces the image's entrypoint.
    public var entrypoint: [String]
    /// Replaces the image's command.
    public var command: [String]
    /// A name or number, with a group after a colon; `nil` for the image's own.
    public var user: String?
    public var labels: [String: String]
    /// The most memory in bytes; `nil` is without limit.
    public var memory: Int64?
    /// Whether an init process reaps and passes signals on. `false` for images that bring their own.
    public var `init`: Bool
    public var logging: Logging?
    public var healthCheck: HealthCheck?
    /// Asks it to end, such as `SIGQUIT`; `nil` for what the image says.
    public var stopSignal: String?
    /// How long it has to end after that before it is killed, in seconds; `nil` for the engine's default.
    public var stopGracePeriod: Int?
    /// `no`, `always`, `on-failure` or `unless-stopped`.
    public var restart: String
    /// `nil`: the old one stops first where both use the same port of the host or write to the same files.
    public var order: Order?
    /// How long the old one goes on once the new one answers to its name, in seconds; `nil` for the deployer's choice.
    public var drain: Int?
    /// When the new one counts as running; the old one is kept until then and comes back if it never does.
    public var health: Probe?

    public init(
        ports: [String] = [], environment: [String: Value] = [:], volumes: [String] = [], network: String? = nil,
        networks: [String] = [], aliases: [String] = [], entrypoint: [String] = [], command: [String] = [],
        user: String? = nil, labels: [String: String] = [:], memory: Int64? = nil, `init`: Bool = true,
        logging: Logging? = nil, healthCheck: HealthCheck? = nil, stopSignal: String? = nil,
        stopGracePeriod: Int? = nil, restart: String = "unless-stopped", order: Order? = nil, drain: Int? = nil,
        health: Probe? = nil
    ) {
        self.ports = ports
        self.environment = environment
        self.volumes = volumes
        self.network = network
        self.networks = networks
        self.aliases = aliases
        self.entrypoint = entrypoint
        self.command = command
        self.user = user
        self.labels = labels
        self.memory = memory
        self.`init` = `init`
        self.logging = logging
        self.healthCheck = healthCheck
        self.stopSignal = stopSignal
        self.stopGracePeriod = stopGracePeriod
        self.restart = restart
        self.order = order
        self.drain = drain
        self.health = health
    }
}
