/// One piece of work: commands, a plugin (an image with settings), an image build, a rollout, or a service.
public struct Step: Sendable, Hashable {
    public var name: String
    /// The container's image; none for a process, a build or a rollout.
    public var image: String?
    public var pull: PullPolicy?
    /// Run by one shell, each read by itself; the first that fails ends the step.
    public var commands: [String]
    /// Replaces the image's command (`CMD`).
    public var command: [String]
    /// Replaces the image's entry point.
    public var entrypoint: [String]
    /// The shell of `commands`, or `nil` for the platform's (`/bin/sh`, `powershell`).
    public var shell: String?
    public var environment: [String: Value]
    /// A plugin's settings; see ``pluginEnvironment``.
    public var settings: [String: Setting]
    /// Steps that end before this one starts. `nil` is not the same as none: see ``StepGraph``.
    public var dependsOn: [String]?
    public var when: Condition
    /// Later steps do not wait for its end; it is stopped when they are done.
    public var detach: Bool
    public var privileged: Bool
    public var user: String?
    public var workingDirectory: String?
    public var mounts: [Mount]
    /// Devices of the host; the name is that of a host volume.
    public var devices: [Mount]
    public var dns: [String]
    public var dnsSearch: [String]
    /// As `name:address`.
    public var extraHosts: [String]
    public var networkMode: String?
    /// Bytes.
    public var memoryLimit: Int64?
    /// Bytes.
    public var memorySwapLimit: Int64?
    /// Bytes.
    public var sharedMemorySize: Int64?
    /// How many CPUs at a time, such as 1.5.
    public var cpuLimit: Double?
    /// How many processes and threads at a time.
    public var processLimit: Int?
    public var failure: FailurePolicy
    public var build: ImageBuild?
    public var deploy: Deploy?
    /// Names of what it hands on: values it appends to the file `$SLIPWAY_OUTPUT`.
    public var outputs: [String]
    /// How long one try may take, in seconds.
    public var timeout: Int?
    public var retry: Retry?
    public var cache: [Cache]
    public var artifacts: Artifacts?
    /// For a service: when it counts as running.
    public var ready: Probe?

    public init(
        name: String, image: String? = nil, pull: PullPolicy? = nil, commands: [String] = [], command: [String] = [],
        entrypoint: [String] = [], shell: String? = nil, environment: [String: Value] = [:],
        settings: [String: Setting] = [:], dependsOn: [String]? = nil, when: Condition = .always, detach: Bool = false,
        privileged: Bool = false, user: String? = nil, workingDirectory: String? = nil, mounts: [Mount] = [],
        devices: [Mount] = [], dns: [String] = [], dnsSearch: [String] = [], extraHosts: [String] = [],
        networkMode: String? = nil, memoryLimit: Int64? = nil, memorySwapLimit: Int64? = nil,
        sharedMemorySize: Int64? = nil, cpuLimit: Double? = nil, processLimit: Int? = nil,
        failure: FailurePolicy = .fail, build: ImageBuild? = nil, deploy: Deploy? = nil, outputs: [String] = [],
        timeout: Int? = nil, retry: Retry? = nil, cache: [Cache] = [],
        artifacts: Artifacts? = nil, ready: Probe? = nil
    ) {
        self.name = name
        self.image = image
        self.pull = pull
        self.commands = commands
        self.command = command
        self.entrypoint = entrypoint
        self.shell = shell
        self.environment = environment
        self.settings = settings
        self.dependsOn = dependsOn
        self.when = when
        self.detach = detach
        self.privileged = privileged
        self.user = user
        self.workingDirectory = workingDirectory
        self.mounts = mounts
        self.devices = devices
        self.dns = dns
        self.dnsSearch = dnsSearch
        self.extraHosts = extraHosts
        self.networkMode = networkMode
        self.memoryLimit = memoryLimit
        self.memorySwapLimit = memorySwapLimit
        self.sharedMemorySize = sharedMemorySize
        self.cpuLimit = cpuLimit
        self.processLimit = processLimit
        self.failure = failure
        self.build = build
        self.deploy = deploy
        self.outputs = outputs
        self.timeout = timeout
        self.retry = retry
        self.cache = cache
        self.artifacts = artifacts
        self.ready = ready
    }
}
