/// A ``ContainerSpecification`` as the Engine API wants it.
struct ContainerDocument: Encodable {
    struct Empty: Encodable {}

    struct HostConfiguration: Encodable {
        struct Mount: Encodable {
            struct Temporary: Encodable { var SizeBytes: Int64 }
            var `Type`: String
            var Source: String?
            var Target: String
            var ReadOnly: Bool?
            var TmpfsOptions: Temporary?
        }
        struct Binding: Encodable {
            var HostIp: String
            var HostPort: String
        }
        struct RestartPolicy: Encodable { var Name: String }
        struct LogConfiguration: Encodable { var `Type`: String }
        struct Device: Encodable {
            var PathOnHost: String
            var PathInContainer: String
            var CgroupPermissions: String
        }

        var Mounts: [Mount]
        var NetworkMode: String?
        var PortBindings: [String: [Binding]]
        var RestartPolicy: RestartPolicy
        var Privileged: Bool
        var CapDrop: [String]
        var CapAdd: [String]
        var SecurityOpt: [String]
        var Init: Bool
        var PidsLimit: Int64?
        var Memory: Int64?
        var MemorySwap: Int64?
        var NanoCpus: Int64?
        var ShmSize: Int64?
        var Dns: [String]
        var DnsSearch: [String]
        var ExtraHosts: [String]
        var Devices: [Device]
        var LogConfig: LogConfiguration?
    }

    struct Networking: Encodable {
        struct Endpoint: Encodable { var Aliases: [String] }
        var EndpointsConfig: [String: Endpoint]
    }

    var Image: String
    var Entrypoint: [String]?
    var Cmd: [String]?
    var Env: [String]
    var WorkingDir: String?
    var User: String?
    var Labels: [String: String]
    var ExposedPorts: [String: Empty]
    var HostConfig: HostConfiguration
    var NetworkingConfig: Networking?

    init(_ container: ContainerSpecification) {
        Image = container.image
        Entrypoint = container.entrypoint
        Cmd = container.command
        Env = container.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        WorkingDir = container.workingDirectory
        User = container.user
        Labels = container.labels
        var exposed: [String: Empty] = [:]
        var bindings: [String: [HostConfiguration.Binding]] = [:]
        for port in container.ports {
            let key = "\(port.container)/\(port.transport)"
            exposed[key] = Empty()
            let host = port.host.map { "\($0)" } ?? ""
            bindings[key, default: []].append(.init(HostIp: port.address, HostPort: host))
        }
        ExposedPorts = exposed
        HostConfig = HostConfiguration(
            Mounts: container.mounts.map(Self.mount), NetworkMode: container.network, PortBindings: bindings,
            RestartPolicy: .init(Name: container.restart.rawValue), Privileged: container.privileged,
            CapDrop: container.droppedCapabilities, CapAdd: container.addedCapabilities,
            SecurityOpt: container.allowsNewPrivileges || container.privileged ? [] : ["no-new-privileges"],
            Init: container.usesInit, PidsLimit: container.processLimit, Memory: container.memoryLimit,
            MemorySwap: container.memoryAndSwapLimit ?? container.memoryLimit,
            NanoCpus: container.cpuLimit.map { Int64($0 * 1_000_000_000) }, ShmSize: container.sharedMemory,
            Dns: container.dns, DnsSearch: container.dnsSearch, ExtraHosts: container.extraHosts,
            Devices: container.devices.map(Self.device),
            LogConfig: container.logging.map { .init(Type: $0.rawValue) })
        if let network = container.network, !container.aliases.isEmpty {
            NetworkingConfig = Networking(EndpointsConfig: [network: .init(Aliases: container.aliases)])
        }
    }

    private static func mount(_ mount: ContainerSpecification.Mount) -> HostConfiguration.Mount {
        switch mount {
        case .volume(let name, let path, let readOnly):
            .init(Type: "volume", Source: name, Target: path, ReadOnly: readOnly)
        case .bind(let source, let path, let readOnly):
            .init(Type: "bind", Source: source, Target: path, ReadOnly: readOnly)
        case .temporary(let path, let size):
            .init(Type: "tmpfs", Target: path, TmpfsOptions: size.map { .init(SizeBytes: $0) })
        }
    }

    private static func device(_ text: String) -> HostConfiguration.Device {
        let parts = text.split(separator: ":", maxSplits: 2).map(String.init)
        return .init(
            PathOnHost: parts.first ?? text, PathInContainer: parts.count > 1 ? parts[1] : text,
            CgroupPermissions: parts.count > 2 ? parts[2] : "rwm")
    }
}
