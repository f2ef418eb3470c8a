import DockerEngine
import PipelineLanguage
import Worker

extension ContainerRun {
    /// How the engine is to make the container.
    /// - Parameter allowsHostNetwork: Whether the owner of the host lets containers into its network.
    /// - Throws: ``JobFailure`` that names what is not understood or not allowed.
    func specification(
        image: String, environment: [String: String], allowsHostNetwork: Bool = false
    ) throws(JobFailure) -> ContainerSpecification {
        var specification = ContainerSpecification(image: image)
        specification.environment = environment
        try join(&specification, allowsHostNetwork: allowsHostNetwork)
        if !entrypoint.isEmpty { specification.entrypoint = entrypoint }
        if !command.isEmpty { specification.command = command }
        specification.user = user
        for name in labels.keys where name.hasPrefix("slipway.dev/") {
            throw JobFailure("the label “\(name)” is one of the deployer's own")
        }
        specification.labels = labels
        specification.memoryLimit = memory
        specification.usesInit = self.`init`
        specification.logging = logging.map { .driver($0.driver, options: $0.options) }
        specification.healthCheck = healthCheck.map { check in
            check.command.isEmpty
                ? .none
                : .command(
                    check.command, interval: check.interval, timeout: check.timeout, startPeriod: check.startPeriod,
                    retries: check.retries)
        }
        guard let restart = ContainerSpecification.Restart(rawValue: restart) else {
            throw JobFailure("“\(restart)” is no restart policy: no, always, on-failure or unless-stopped")
        }
        specification.restart = restart
        if specification.network != "host", specification.network != "none" {
            for port in ports { specification.ports.append(try Self.port(port)) }
        }
        for volume in volumes { specification.mounts.append(try Self.mount(volume)) }
        return specification
    }

    private func join(_ specification: inout ContainerSpecification, allowsHostNetwork: Bool) throws(JobFailure) {
        var all: [String] = []
        for name in [network].compactMap({ $0 }) + networks where !all.contains(name) { all.append(name) }
        for name in all {
            if name.hasPrefix("container:") {
                throw JobFailure("“\(name)” is no network: a container that is replaced cannot share that of another")
            }
            guard name == "host" || name == "none" else { continue }
            if all.count > 1 { throw JobFailure("with the network “\(name)” a container can be in no other") }
            if name == "host", !allowsHostNetwork {
                throw JobFailure(
                    "this deployer lets no container into the host's network; its owner allows it with "
                        + "SLIPWAY_DOCKER_TRUSTED=true")
            }
        }
        specification.network = all.first
        specification.moreNetworks = Array(all.dropFirst())
    }

    /// `80`, `8080:80` or `127.0.0.1:8080:80/tcp`.
    static func port(_ text: String) throws(JobFailure) -> ContainerSpecification.PublishedPort {
        let problem = JobFailure("“\(text)” is no port such as 8080:80 or 127.0.0.1:8080:80/tcp")
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count <= 2 else { throw problem }
        let transport = halves.count == 2 ? String(halves[1]) : "tcp"
        guard ["tcp", "udp", "sctp"].contains(transport) else { throw problem }
        let parts = halves[0].split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        func number(_ text: String) throws(JobFailure) -> Int {
            guard let number = Int(text), (1...65535).contains(number) else { throw problem }
            return number
        }
        switch parts.count {
        case 1: return .init(container: try number(parts[0]), host: nil, transport: transport)
        case 2:
            return .init(
                container: try number(parts[1]), host: parts[0].isEmpty ? nil : try number(parts[0]),
                transport: transport)
        default:
            // An IPv6 address has colons of its own.
            let address = parts.dropLast(2).joined(separator: ":").filter { $0 != "[" && $0 != "]" }
            guard !address.isEmpty else { throw problem }
            let host = parts[parts.count - 2]
            return .init(
                container: try number(parts[parts.count - 1]), host: host.isEmpty ? nil : try number(host),
                address: address, transport: transport)
        }
    }

    /// `/srv/data:/data` or `data:/data:ro`.
    static func mount(_ text: String) throws(JobFailure) -> ContainerSpecification.Mount {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (2...3).contains(parts.count), !parts[0].isEmpty, parts[1].hasPrefix("/"),
            parts.count == 2 || parts[2] == "ro" || parts[2] == "rw"
        else { throw JobFailure("“\(text)” is no volume such as /srv/data:/data or data:/data:ro") }
        let readOnly = parts.count == 3 && parts[2] == "ro"
        return parts[0].hasPrefix("/")
            ? .bind(source: parts[0], path: parts[1], readOnly: readOnly)
            : .volume(name: parts[0], path: parts[1], readOnly: readOnly)
    }
}
