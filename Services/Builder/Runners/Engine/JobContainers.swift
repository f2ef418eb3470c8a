import Contracts
import DockerEngine
import FoundationEssentials
import Glibc
import Logging
import PipelineLanguage
import SystemPackage
import Text
import Threading
import Worker

/// What the containers of one job share: networks and volumes, made when the first container needs them.
actor JobContainers {
    /// How long the job's image may take to change the modes of files.
    private static let patience = Duration.seconds(60)

    nonisolated let host: DockerHost
    nonisolated let folder: JobFolder
    nonisolated let images: JobImages
    private let job: GrantedJob
    private let logger: Logger
    private var networks: [String: Task<String, any Error>] = [:]
    private var volumes: [String: Task<String, any Error>] = [:]
    /// Containers that may write to the workspace, and those that did.
    private var running = 0
    private var ended = 0
    /// An image that was used, one with a shell where there was any: with it root can do what this builder's user may not.
    private var rootImage: (name: String, hasShell: Bool)?

    init(host: DockerHost, job: GrantedJob, folder: JobFolder, logger: Logger) {
        self.host = host
        self.job = job
        self.folder = folder
        images = JobImages(host: host, job: job.grant.job, attempt: job.grant.attempt)
        self.logger = logger
    }

    nonisolated var labels: [String: String] { host.labels(job: job.grant.job.rawValue, attempt: job.grant.attempt) }

    /// What the names of the job's objects at the engine begin with.
    nonisolated var prefix: String { "slipway-\(job.grant.job)-\(job.grant.attempt)" }

    /// Whether the job made anything at the engine.
    var isUsed: Bool {
        get async {
            if !networks.isEmpty || rootImage != nil || !volumes.isEmpty { return true }
            return await images.isUsed
        }
    }

    /// How many containers have written to the workspace; `nil` while one runs.
    var writers: Int? { running == 0 ? ended : nil }

    /// Call ``left()`` when the container that begins now has ended.
    func used(_ image: String, hasShell: Bool) {
        running += 1
        if hasShell || rootImage?.hasShell != true { rootImage = (image, hasShell) }
    }

    func left() {
        running -= 1
        ended += 1
    }

    /// What the job's containers wrote to their layers and to volumes that their images declare, in bytes.
    /// - Throws: `DockerError` where the engine does not tell.
    nonisolated func written() async throws(DockerError) -> Int64 {
        let usage = try await host.engine().usage(labelled: labels, network: prefix)
        guard !usage.volumes.isEmpty else { return usage.layers }
        let sizes = await host.volumeSizes.now { [host] () throws(DockerError) in try await host.engine().volumeSizes()
        }
        return usage.volumes.reduce(usage.layers) { $0 + (sizes[$1] ?? 0) }
    }

    /// The bridge network in which steps find each other by name.
    /// - Parameter isApart: Whether it is the one for steps that nobody is to answer by a name of the pipeline.
    func networkName(isApart: Bool = false) async throws -> String {
        let name = isApart ? "\(prefix)-apart" : prefix
        if let making = networks[name] { return try await making.value }
        let (host, labels) = (host, labels)
        let making = Task<String, any Error> {
            _ = try await host.engine().createNetwork(name, labels: labels, options: StepNetwork.options())
            return name
        }
        networks[name] = making
        return try await making.value
    }

    /// The mount of a volume of the stage.
    func mount(_ mount: Mount) async throws -> ContainerSpecification.Mount {
        guard let volume = job.stage.volumes.first(where: { $0.name == mount.name }) else {
            throw JobFailure("the step mounts “\(mount.name)”, which is not a volume of the stage “\(job.stage.name)”")
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
        let place = folder.path.appending("volume-\(volumes.count)")
        let making = Task<String, any Error> {
            var options = ["type": "tmpfs", "device": "tmpfs"]
            if medium == "memory" {
                if let size { options["o"] = "size=\(size)" }
            } else {
                // In the job's folder, so that it counts as the job's and goes with it.
                try FileTree.make(place)
                _ = place.withPlatformString { chmod($0, 0o777) }
                options = ["type": "none", "o": "bind", "device": try await host.hostPath(of: place.string)]
            }
            try await host.engine().createVolume(whole, labels: labels, options: options)
            return whole
        }
        volumes[name] = making
        return try await making.value
    }

    /// Removes all of the job's containers, networks, volumes and names of images.
    func remove() async {
        do {
            try await host.remove(labelled: labels)
            try await images.remove()
        } catch {
            logger.warning("what a job left at the Docker Engine could not be removed", metadata: ["error": "\(error)"])
        }
    }

    /// Lets any user write wherever the workspace is, to what the checkout and the steps before made, as far as others
    /// may read it: what somebody keeps to himself, such as a key of mode 0600, stays so. What belongs to users of the
    /// containers, whom a builder that is not root has no power over, a container's root opens.
    nonisolated func openWorkspace(_ log: some StepLog) async {
        let closed = await OwnThread.run("open") { FileTree.open(folder.shared) }
        if !closed.isEmpty { await openAsRoot(closed, log) }
    }

    /// - Parameter closed: paths in the workspace.
    nonisolated func openAsRoot(_ closed: [[UInt8]], _ log: some StepLog) async {
        do {
            let given = folder.path.appending("open-\(StepNumber.next())")
            try FileTree.make(given)
            try Self.opening(closed).write(to: URL(filePath: given.appending("script").string))
            let code = try await runAsRoot("exec /bin/sh /slipway/given/script", given)
            guard code == 0 else {
                throw JobFailure(code == 127 ? "the image has no chmod" : "it was ended with exit code \(code)")
            }
        } catch {
            await log.line(
                "\(closed.count) files of other users in the workspace cannot be opened to this step: \(error)")
        }
    }

    /// A script that opens files of the workspace. A link that took the place of one meanwhile leads nowhere but into the
    /// container it runs in.
    private static func opening(_ files: [[UInt8]]) -> Data {
        var script = Data("cd /slipway/workspace && command -v chmod > /dev/null || exit 127\n".utf8)
        for start in stride(from: 0, to: files.count, by: 200) {
            script += Data("chmod go+u".utf8)
            for file in files[start..<min(start + 200, files.count)] {
                script += Data(" ".utf8) + Data(ShellWord.quote(Array("./".utf8) + file))
            }
            // One that is gone by now needs nothing.
            script += Data(" 2> /dev/null\n".utf8)
        }
        return script + Data("exit 0\n".utf8)
    }

    /// Runs a command of the shell as root, with the workspace and what is given at `/slipway`, under the limits of a step
    /// and not for long: the image is the job's. What other steps were given it does not see.
    /// - Returns: its exit code.
    private func runAsRoot(_ command: String, _ given: FilePath) async throws -> Int32 {
        guard let image = rootImage?.name else { throw JobFailure("the job had no image yet") }
        let engine = try await host.engine()
        var container = ContainerSpecification(image: image)
        container.entrypoint = ["/bin/sh", "-c", command]
        container.command = []
        container.user = "0"
        container.network = "none"
        container.labels = labels
        container.logging = ContainerSpecification.Logging.none
        container.processLimit = host.limits.processes
        // Not all that steps do without: it has to change the modes of others' files.
        container.droppedCapabilities = ContainerLimits.unneeded
        container.memoryLimit = try await host.memoryLimit()
        container.cpuLimit = host.limits.cpus
        container.mounts = [
            .bind(source: try await host.hostPath(of: folder.shared.string), path: "/slipway/workspace"),
            .bind(source: try await host.hostPath(of: given.string), path: "/slipway/given"),
        ]
        let id = try await engine.createContainer(container)
        let exit = try await engine.awaitExit(of: id)
        try await engine.startContainer(id)
        let ending = Task { try await exit.code() }
        let stopping = Task {
            try await Task.sleep(for: Self.patience)
            defer { ending.cancel() }
            try await engine.killContainer(id)
            // Of an engine that does not end it the end is not waited for.
            try await Task.sleep(for: Self.patience)
        }
        defer { stopping.cancel() }
        let code = try await withTaskCancellationHandler {
            try await ending.value
        } onCancel: {
            ending.cancel()
        }
        try await engine.removeContainer(id)
        return code
    }
}
