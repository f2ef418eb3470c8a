import Contracts
import DockerEngine
import Logging
import PipelineLanguage
import SystemPackage
import Worker

/// What the containers of one job share: the network and the volumes, made when the first container needs them.
actor JobContainers {
    nonisolated let host: DockerHost
    nonisolated let folder: JobFolder
    private let job: GrantedJob
    private let logger: Logger
    private var network: Task<String, any Error>?
    private var volumes: [String: Task<String, any Error>] = [:]
    /// An image that was used: with it files can be removed that only the containers' users may remove.
    private(set) var lastImage: String?

    init(host: DockerHost, job: GrantedJob, folder: JobFolder, logger: Logger) {
        self.host = host
        self.job = job
        self.folder = folder
        self.logger = logger
    }

    nonisolated var labels: [String: String] { host.labels(job: job.grant.job.rawValue, attempt: job.grant.attempt) }

    private var prefix: String { "slipway-\(job.grant.job)-\(job.grant.attempt)" }

    /// Whether the job made anything at the engine.
    var isUsed: Bool { network != nil || lastImage != nil || !volumes.isEmpty }

    func used(_ image: String) {
        lastImage = image
    }

    /// The bridge network in which steps find each other by name.
    func networkName() async throws -> String {
        if let network { return try await network.value }
        let (host, name, labels) = (host, prefix, labels)
        let making = Task<String, any Error> {
            _ = try await host.engine().createNetwork(name, labels: labels)
            return name
        }
        network = making
        return try await making.value
    }

    /// The mount of a volume of the stage.
    func mount(_ mount: Mount) async throws -> ContainerSpecification.Mount {
        guard let volume = job.stage.volumes.first(where: { $0.name == mount.name }) else {
            throw JobFailure("the step mounts “\(mount.name)”, which is no volume of the stage “\(job.stage.name)”")
        }
        switch volume.source {
        case .host(let path):
            guard host.limits.isTrusted else {
                throw JobFailure(
                    "the volume “\(mount.name)” is the host's folder \(path), which this builder does not allow; start "
                        + "it with SLIPWAY_DOCKER_TRUSTED=true, or use a temporary volume")
            }
            return .bind(source: path, path: mount.path)
        case .temporary(let medium, let size):
            return .volume(name: try await temporary(mount.name, medium: medium, size: size), path: mount.path)
        }
    }

    private func temporary(_ name: String, medium: String?, size: Int64?) async throws -> String {
        if let making = volumes[name] { return try await making.value }
        let (host, whole, labels) = (host, "\(prefix)-\(volumes.count)", labels)
        var options: [String: String] = [:]
        if medium == "memory" {
            options = ["type": "tmpfs", "device": "tmpfs"]
            if let size { options["o"] = "size=\(size)" }
        }
        let chosen = options
        let making = Task<String, any Error> {
            try await host.engine().createVolume(whole, labels: labels, options: chosen)
            return whole
        }
        volumes[name] = making
        return try await making.value
    }

    /// Removes all of the job's containers, networks and volumes.
    func remove() async {
        do {
            try await host.remove(labelled: labels)
        } catch {
            logger.warning("what a job left at the Docker Engine could not be removed", metadata: ["error": "\(error)"])
        }
    }

    /// Removes files of the job's folder that containers made as users of their own.
    func removeFiles() async throws {
        guard let image = lastImage else { return }
        let engine = try await host.engine()
        var container = ContainerSpecification(image: image)
        container.entrypoint = ["/bin/sh", "-c", "rm -rf /slipway/* /slipway/.[!.]*"]
        container.command = []
        container.user = "0"
        container.network = "none"
        container.labels = labels
        container.logging = ContainerSpecification.Logging.none
        container.mounts = [.bind(source: try await host.hostPath(of: folder.path.string), path: "/slipway")]
        let id = try await engine.createContainer(container)
        let exit = try await engine.awaitExit(of: id)
        try await engine.startContainer(id)
        _ = try await exit.code()
        try await engine.removeContainer(id)
    }
}
