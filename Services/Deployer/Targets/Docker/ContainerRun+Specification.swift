import DockerEngine
import PipelineLanguage
import Worker

extension ContainerRun {
    /// How the engine is to make the container.
    /// - Parameter allowsHostNetwork: Whether the owner of the host lets containers into its network.
    /// - Throws: `JobFailure` that names what is not understood or not allowed.
    func specification(
        image: String, environment: [String: String], allowsHostNetwork: Bool = false
    ) throws(JobFailure) -> ContainerSpecification {
        var specification = ContainerSpecification(image: image)
        specification.environment = environment
        try join(&specification, allowsHostNetwork: allowsHostNetwork)
        if !entrypoint.isEmpty { specification.entrypoint = entrypoint }
        if !command.isEmpty { specification.command = command }
        specification.user = user
        for name in labels.keys where name.hasPrefix(DeployLabel.prefix) {
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
        specification.stopSignal = stopSignal
        specification.stopTimeout = stopGracePeriod
        guard let restart = ContainerSpecification.Restart(rawValue: restart) else {
            throw JobFailure("“\(restart)” is no restart policy: no, always, on-failure or unless-stopped")
        }
        specification.restart = restart
        do {
            // The engine refuses ports where it publishes none.
            let published = ["host", "none"].contains(specification.network) ? [] : ports
            for text in published {
                specification.ports += try Self.ports(text).map {
                    .init(container: $0.container, host: $0.host, address: $0.address, transport: $0.transport)
                }
            }
            for text in volumes { specification.mounts.append(Self.mount(try Self.volume(text))) }
        } catch {
            throw JobFailure("\(error)")
        }
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
        do {
            for alias in aliases where !specification.aliases.contains(alias) {
                try Self.alias(alias)
                specification.aliases.append(alias)
            }
        } catch {
            throw JobFailure("\(error)")
        }
    }

    private static func mount(_ volume: Volume) -> ContainerSpecification.Mount {
        volume.isFolder
            ? .bind(source: volume.source, path: volume.path, readOnly: volume.isReadOnly)
            : .volume(name: volume.source, path: volume.path, readOnly: volume.isReadOnly)
    }
}
