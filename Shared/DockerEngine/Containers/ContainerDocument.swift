/// A ``ContainerSpecification`` as the Engine API wants it.
struct ContainerDocument: Encodable {
    struct Empty: Encodable {}

    struct HostConfiguration: Encodable {
        struct Mount: Encodable {
            struct Temporary: Encodable { var sizeBytes: Int64 }
            var type: String
            var source: String?
            var target: String
            var readOnly: Bool?
            var tmpfsOptions: Temporary?
        }
        struct Binding: Encodable {
            var hostIp: String
            var hostPort: String
        }
        struct RestartPolicy: Encodable { var name: String }
        struct LogConfiguration: Encodable {
            var type: String
            var config: [String: String]

            init(_ logging: ContainerSpecification.Logging) {
                switch logging {
                case .kept: (type, config) = ("json-file", [:])
                case .none: (type, config) = ("none", [:])
                case .driver(let name, let options): (type, config) = (name, options)
                }
            }
        }
        struct Device: Encodable {
            var pathOnHost: String
            var pathInContainer: String
            var cgroupPermissions: String
        }

        var mounts: [Mount]
        var networkMode: String?
        var portBindings: [String: [Binding]]
        var restartPolicy: RestartPolicy
        var privileged: Bool
        var capDrop: [String]
        var capAdd: [String]
        var securityOpt: [String]
        var `init`: Bool
        var pidsLimit: Int64?
        var memory: Int64?
        var memorySwap: Int64?
        var nanoCpus: Int64?
        var shmSize: Int64?
        var dns: [String]
        var dnsSearch: [String]
        var extraHosts: [String]
        var devices: [Device]
        var logConfig: LogConfiguration?
    }

    struct HealthConfiguration: Encodable {
        var test: [String]
        /// In nanoseconds, as all of them.
        var interval: Int64?
        var timeout: Int64?
        var startPeriod: Int64?
        var retries: Int?

        init(_ check: ContainerSpecification.HealthCheck) {
            switch check {
            case .none: test = ["NONE"]
            case .command(let command, let interval, let timeout, let startPeriod, let retries):
                test = ["CMD"] + command
                self.interval = interval.map { Int64($0) * 1_000_000_000 }
                self.timeout = timeout.map { Int64($0) * 1_000_000_000 }
                self.startPeriod = startPeriod.map { Int64($0) * 1_000_000_000 }
                self.retries = retries
            }
        }
    }

    struct Networking: Encodable {
        struct Endpoint: Encodable {
            var aliases: [String]
            var ipamConfig: ContainerSpecification.Addresses?
        }
        var endpointsConfig: [String: Endpoint]
    }

    var image: String
    var entrypoint: [String]?
    var cmd: [String]?
    var env: [String]
    var workingDir: String?
    var user: String?
    var stopSignal: String?
    var stopTimeout: Int?
    var labels: [String: String]
    var healthcheck: HealthConfiguration?
    var exposedPorts: [String: Empty]
    var hostConfig: HostConfiguration
    var networkingConfig: Networking?

    init(_ container: ContainerSpecification) {
        image = container.image
        entrypoint = container.entrypoint
        cmd = container.command
        var environment = container.environment
        // The init process is Docker's tini, which has no other switch here.
        if container.signalsGroup, container.usesInit { environment["TINI_KILL_PROCESS_GROUP"] = "1" }
        env = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        workingDir = container.workingDirectory
        user = container.user
        stopSignal = container.stopSignal
        stopTimeout = container.stopTimeout
        labels = container.labels
        healthcheck = container.healthCheck.map(HealthConfiguration.init)
        var exposed: [String: Empty] = [:]
        var bindings: [String: [HostConfiguration.Binding]] = [:]
        for port in container.ports {
            let key = "\(port.container)/\(port.transport)"
            exposed[key] = Empty()
            let host = port.host.map { "\($0)" } ?? ""
            bindings[key, default: []].append(.init(hostIp: port.address, hostPort: host))
        }
        exposedPorts = exposed
        hostConfig = HostConfiguration(
            mounts: container.mounts.map(Self.mount), networkMode: container.network, portBindings: bindings,
            restartPolicy: .init(name: container.restart.rawValue), privileged: container.privileged,
            capDrop: container.droppedCapabilities, capAdd: container.addedCapabilities,
            securityOpt: container.allowsNewPrivileges || container.privileged ? [] : ["no-new-privileges"],
            init: container.usesInit, pidsLimit: container.processLimit, memory: container.memoryLimit,
            memorySwap: container.memoryAndSwapLimit ?? container.memoryLimit,
            nanoCpus: container.cpuLimit.map { Int64($0 * 1_000_000_000) }, shmSize: container.sharedMemory,
            dns: container.dns, dnsSearch: container.dnsSearch, extraHosts: container.extraHosts,
            devices: container.devices.map(Self.device),
            logConfig: container.logging.map(HostConfiguration.LogConfiguration.init))
        if let network = container.network {
            let addresses = container.addresses[network]
            guard addresses != nil || !container.aliases.isEmpty else { return }
            networkingConfig = Networking(
                endpointsConfig: [network: .init(aliases: container.aliases, ipamConfig: addresses)])
        }
    }

    private static func mount(_ mount: ContainerSpecification.Mount) -> HostConfiguration.Mount {
        switch mount {
        case .volume(let name, let path, let readOnly):
            .init(type: "volume", source: name, target: path, readOnly: readOnly)
        case .bind(let source, let path, let readOnly):
            .init(type: "bind", source: source, target: path, readOnly: readOnly)
        case .temporary(let path, let size):
            .init(type: "tmpfs", target: path, tmpfsOptions: size.map { .init(sizeBytes: $0) })
        }
    }

    private static func device(_ text: String) -> HostConfiguration.Device {
        let parts = text.split(separator: ":", maxSplits: 2).map(String.init)
        return .init(
            pathOnHost: parts.first ?? text, pathInContainer: parts.count > 1 ? parts[1] : text,
            cgroupPermissions: parts.count > 2 ? parts[2] : "rwm")
    }
}

extension ContainerSpecification {
    /// The same bytes for the same container, whenever and wherever it is made: what two of them differ in can be told by
    /// a digest of these.
    /// - Throws: ``DockerError`` `protocolViolation` for what JSON cannot hold.
    public func canonical() throws(DockerError) -> [UInt8] {
        do {
            var bytes = Array(try EngineDocument.encode(ContainerDocument(self)))
            for network in moreNetworks.sorted() { bytes += [0] + Array(network.utf8) }
            return bytes
        } catch {
            throw DockerError(.badRequest, "the container cannot be written as JSON", cause: error)
        }
    }
}
