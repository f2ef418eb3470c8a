import Contracts
import DockerEngine
import Glibc
import HTTPClient
import Logging
import SystemPackage
import Threading
import Worker

/// The engine of this builder: connected when it is first needed, and again after it was away.
actor DockerHost {
    nonisolated let limits: ContainerLimits
    nonisolated let worker: String
    nonisolated let http: HTTPClient
    nonisolated let socketPath: String
    nonisolated let images: ImageRules
    nonisolated let digests: ImageDigests
    nonisolated let shelf: ImageShelf
    /// Who pushes an image: what is pushed is what has its name at the engine then.
    nonisolated let pushes = Turns()
    nonisolated let volumeSizes: VolumeSizes
    private let data: String
    private let givenHostData: String?
    let logger: Logger
    private var connected: DockerEngine?
    private var hostData: String?
    private var machineMemory: Int64?
    /// By the names that are being pushed, what keeps the images that had them.
    private var pushed: [ImageReference: ImageReference?] = [:]

    /// - Parameters:
    ///   - data: The builder's data folder.
    ///   - hostData: The same as the engine's host sees it; found out if `nil`.
    ///   - imageLimit: How much the engine's images may take together, in bytes; 0 is without limit.
    init(
        socketPath: String, data: String, hostData: String?, worker: String, limits: ContainerLimits,
        images: ImageRules = ImageRules(), imageLimit: Int64 = 0, http: HTTPClient, logger: Logger
    ) {
        self.socketPath = socketPath
        self.data = data
        givenHostData = hostData
        self.worker = worker
        self.limits = limits
        self.images = images
        digests = ImageDigests(file: FilePath(data).appending("image-digests"), logger: logger)
        shelf = ImageShelf(limit: imageLimit, file: FilePath(data).appending("images"), logger: logger)
        volumeSizes = VolumeSizes(logger: logger)
        self.http = http
        self.logger = logger
    }

    /// Who made a container, network or volume: found by it after a crash. What a deployer of the same name made carries
    /// none of these.
    nonisolated func labels(job: String? = nil, attempt: Int? = nil, step: String? = nil) -> [String: String] {
        var labels = ["slipway.dev/builder": worker]
        if let job { labels["slipway.dev/job"] = job }
        if let attempt { labels["slipway.dev/attempt"] = "\(attempt)" }
        if let step { labels["slipway.dev/step"] = step }
        return labels
    }

    /// The names of these labels, and of those of the version before. An image may bring any of them, but not all of a job
    /// that it cannot know.
    private static let ownLabels = [
        "slipway.dev/builder", "slipway.dev/job", "slipway.dev/attempt", "slipway.dev/step", "dev.slipway.worker",
        "dev.slipway.job",
    ]

    func engine() async throws(DockerError) -> DockerEngine {
        if let connected { return connected }
        let engine = try await DockerEngine.connect(socketPath: socketPath, client: http, logger: logger)
        connected = engine
        return engine
    }

    /// Why the engine is of no use now, or `nil`.
    func problem() async -> String? {
        do {
            try await engine().ping()
            return nil
        } catch {
            connected = nil
            return "\(error)"
        }
    }

    /// Why a job is handed back to which the engine gave an error; `nil` where it is the job's own.
    func handBack(of error: DockerError) async -> JobFinished.HandBack? {
        guard error.code != .cancelled, error.code != .buildFailed else { return nil }
        if error.isOfFullDisk { return .worker }
        return await problem() == nil ? nil : .worker
    }

    /// The most memory of a container, in bytes; `nil` is without limit. Where no setting says, it is seven eighths of the
    /// machine's: what grows without end is ended by itself then, and not whatever else the kernel finds.
    func memoryLimit() async throws(DockerError) -> Int64? {
        if let memory = limits.memory { return memory == 0 ? nil : memory }
        if let machineMemory { return machineMemory }
        let memory = try await engine().memory() / 8 * 7
        machineMemory = memory
        return memory == 0 ? nil : memory
    }

    /// Does a push while all other jobs see by the name what had it before.
    func push<Value: Sendable>(
        _ image: ImageReference, over kept: ImageReference?, _ work: @Sendable () async throws -> Value
    ) async throws -> Value {
        pushed[image.usual] = .some(kept)
        defer { pushed[image.usual] = nil }
        return try await work()
    }

    /// What had a name that is being pushed: `nil` where it is not, a name that is `nil` where nothing had it.
    func beforePush(_ image: ImageReference) -> ImageReference?? { pushed[image.usual] }

    /// A path below the data folder as the engine's host sees it.
    func hostPath(of path: String) async throws(DockerError) -> String {
        let host: String
        if let hostData {
            host = hostData
        } else {
            host = try await findHostData()
            hostData = host
        }
        return host + path.dropFirst(data.count)
    }

    /// Where this builder is itself a container of the engine, its data folder is a mount that the engine can tell.
    private func findHostData() async throws(DockerError) -> String {
        if let givenHostData { return givenHostData }
        guard access("/.dockerenv", F_OK) == 0 else { return data }
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return data }
        let name = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let mounts: [String: String]
        do {
            mounts = try await engine().inspectContainer(name).sources
        } catch  where error.code == .notFound {
            return data
        }
        let covering = mounts.filter { data == $0.key || data.hasPrefix($0.key + "/") }
        guard let mount = covering.max(by: { $0.key.count < $1.key.count }) else { return data }
        return mount.value + data.dropFirst(mount.key.count)
    }

    /// Notes the layers that a job's builds made, and removes images where there are more than may be.
    func tidyImages(of repository: RepositoryPath, _ layers: BuiltLayers) async {
        do {
            await shelf.tidy(try await engine(), noting: layers.all, of: repository, since: layers.begin)
        } catch {
            logger.debug("the engine is away; images are looked at after the next job", metadata: ["error": "\(error)"])
        }
    }

    /// Removes all that this builder, under its name, has left behind.
    func collectLeftovers() async -> Bool {
        do {
            try await remove(labelled: labels())
            // So a builder of the version before this one marked what it made.
            try await remove(labelled: ["dev.slipway.worker": worker])
            try await JobImages.removeLeftovers(of: worker, at: engine())
            try await PushedName.restoreLeftovers(of: JobImages.mark(worker), at: engine())
            return true
        } catch {
            logger.warning("leftovers at the Docker Engine could not be removed", metadata: ["error": "\(error)"])
            return false
        }
    }

    /// An image without content: what is made of it has nothing to run.
    private static let empty = ImageReference(host: JobImages.host, path: "empty", tag: "2")

    /// Removes a folder below the data folder, also what users of containers made there and this builder's own user may
    /// not remove. The engine gives their folders to this user; no image of a job takes part.
    /// Neither on the actor nor on a thread that other jobs need meanwhile: this reads and removes whole trees.
    /// - Throws: `Errno` where something stays, `DockerError` where the engine does not help.
    nonisolated func remove(_ folder: FilePath, patience: Duration = BuildExecutor.cleanUpTime) async throws {
        let end = ContinuousClock.now.advanced(by: patience)
        while true {
            let problem: Errno
            do {
                return try await FileTree.remove(folder, within: ContinuousClock.now.duration(to: end))
            } catch {
                problem = error
            }
            // Each time one level deeper at least: what is in a folder shows once it is ours.
            let foreign = await Self.foreignFolders(folder)
            guard problem == .permissionDenied || problem == .notPermitted, !foreign.isEmpty, .now < end else {
                throw problem
            }
            try await take(foreign, below: folder)
        }
    }

    private static func foreignFolders(_ folder: FilePath) async -> [[UInt8]] {
        await OwnThread.run("foreign") { FileTree.foreignFolders(folder) }
    }

    /// Makes folders belong to this builder's own user.
    func take(_ paths: [[UInt8]], below folder: FilePath) async throws(DockerError) {
        let engine = try await engine()
        var container = ContainerSpecification(image: "\(Self.empty)")
        // It is never started.
        container.entrypoint = ["/"]
        container.network = "none"
        container.labels = labels()
        container.mounts = [.bind(source: try await hostPath(of: folder.string), path: "/slipway")]
        let id: String
        do {
            id = try await engine.createContainer(container)
        } catch  where error.code == .notFound {
            try await engine.makeEmptyImage(Self.empty)
            id = try await engine.createContainer(container)
        }
        let result: Result<Void, DockerError>
        do {
            for start in stride(from: 0, to: paths.count, by: 1000) {
                let some = Array(paths[start..<min(start + 1000, paths.count)])
                try await engine.give(some, below: "/slipway", in: id, toUser: geteuid(), group: getegid())
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try await engine.removeContainer(id)
        try result.get()
    }

    /// A build that was cancelled holds its network until the engine has ended its container, which bears no label.
    private nonisolated func remove(_ network: LabelledObject, _ engine: DockerEngine) async throws(DockerError) {
        for round in 0... {
            do {
                return try await engine.removeNetwork(network.id)
            } catch  where round < 40 && error.code != .unreachable && error.code != .cancelled {
                do { try await Task.sleep(for: .milliseconds(250)) } catch { continue }
            }
        }
    }

    /// Removes all containers, networks and volumes that carry the labels. One that stays keeps no other.
    /// - Throws: the first of what went wrong.
    func remove(labelled labels: [String: String]) async throws(DockerError) {
        let engine = try await engine()
        let containers = try await engine.containers(labelled: labels, givenOneOf: Self.ownLabels)
        let networks = try await engine.networks(labelled: labels)
        let volumes = try await engine.volumes(labelled: labels)
        var problem: DockerError?
        for (index, object) in (containers + networks + volumes).enumerated() {
            do {
                if index < containers.count {
                    try await engine.removeContainer(object.id)
                } else if index < containers.count + networks.count {
                    try await remove(object, engine)
                } else {
                    try await engine.removeVolume(object.id)
                }
            } catch {
                // In a cancelled task no more gets done.
                if error.code == .cancelled { throw problem ?? error }
                problem = problem ?? error
            }
        }
        if let problem { throw problem }
    }
}

extension DockerError {
    /// How the engine begins what it says of its own disk. What a registry or a Dockerfile says begins otherwise: neither is
    /// believed that the disk is full.
    private static let ofDisk = [
        "failed to register layer: ", "write /", "mkdir /", "open /", "error creating ", "failed to ",
    ]

    fileprivate var isOfFullDisk: Bool {
        message.hasSuffix("no space left on device")
            && Self.ofDisk.contains { message.hasPrefix($0) || message.contains(": \($0)") }
    }
}
