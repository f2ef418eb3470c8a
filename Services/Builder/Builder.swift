import Containers
import Contracts
import DockerEngine
import Git
import HTTPClient
import Logging
import Messaging
import Runtime
import Secrets
import ServiceLifecycle
import SystemPackage
import Worker

/// The parts of the service.
struct Builder {
    let context: ServiceContext
    let folder: DataFolder
    let data: FilePath
    let worker: String
    let life: WorkerLife

    init(_ context: ServiceContext) throws {
        self.context = context
        folder = try DataFolder.claim(context.settings)
        data = FilePath(folder.path)
        let given = try context.settings.optional(BuilderSettings.name)
        do {
            try FileTree.make(data)
            worker = try given ?? WorkerIdentity.load(service: "builder", directory: data)
            life = try WorkerLife.begin(in: data)
        } catch {
            throw SettingsError(
                setting: CommonSettings.data.variable, message: "the folder \(data) cannot be used: \(error)",
                remedy: "give a folder this service may write to")
        }
    }

    func services() throws -> [any Service] {
        let settings = context.settings
        let runners = try settings.value(BuilderSettings.runners)
        let http = HTTPClient(logger: context.logger)
        let gitHome = data.appending("git")
        try FileTree.remove(gitHome)
        try FileTree.make(gitHome)
        let bus = context.bus
        let events = WorkerEvents(service: "builder", file: data.appending("events"), logger: context.logger) { event in
            try await bus.publish(event)
        }
        let docker = try runners.contains(.docker) ? dockerHost(http) : nil
        if let docker {
            context.readiness.add("docker") { await docker.problem() }
            let mark = try settings.optional(BuilderSettings.firewall).map { FilePath($0) }
            context.readiness.add("firewall", isNeeded: false) { FirewallMark.problem(mark) }
        }
        let authorities = try TrustedCertificates(
            settings, in: data.string, context.readiness, logger: context.logger)
        let executor = BuildExecutor(
            jobs: data.appending("jobs"),
            git: GitProgram(
                home: gitHome.string, certificates: authorities?.path, logger: context.logger),
            caches: try sourceCaches(),
            parts: SourcePartsClient(
                http: http, authorities: authorities.map { .file($0.path) }),
            tools: BuildTools(
                processes: try runners.contains(.process) ? stepProcesses(hasEngine: docker != nil) : nil,
                docker: docker,
                registry: try RegistryClient(settings, client: http, authorities: authorities),
                events: events, logger: context.logger),
            disk: try diskLimit())
        let scope = try BuilderSettings.scope(settings)
        var configuration = JobLoopConfiguration(
            worker: worker, scope: scope, slots: try settings.value(BuilderSettings.capacity),
            // What is not done by then is stopped and handed back, which takes its own time.
            grace: max(.seconds(1), try settings.value(CommonSettings.shutdownGrace) - .seconds(12)),
            spool: data.appending("spool"))
        configuration.version = Version.current
        configuration.life = life
        let floor = try DiskFloor(of: data.string, settings)
        context.readiness.add("disk") { floor.problem() }
        configuration.problem = {
            if let problem = floor.problem() { return "disk: \(problem)" }
            return await docker?.problem().map { "docker: \($0)" }
        }
        let loop = JobLoop(
            platform: BusPlatform(
                BuildRequested.self, bus: bus, logs: context.logs, queue: MessageMap.wakes(of: scope),
                logger: context.logger),
            executor: executor,
            keys: try CommonSettings.sealKeys(settings, for: [SealAudience(scope)], logger: context.logger),
            configuration: configuration,
            logger: context.logger)
        context.readiness.add("slots") { loop.problem }
        return (authorities.map { [$0] } ?? []) + [events, loop]
    }

    private func diskLimit() throws -> DiskLimit? {
        guard let limit = try context.settings.optional(BuilderSettings.jobDisk) else {
            return DiskLimit(halfOfDiskOf: data)
        }
        return limit == 0 ? nil : DiskLimit(bytes: Int64(limit) << 20)
    }

    private func sourceCaches() throws -> SourceCaches? {
        let folder = data.appending("sources")
        let limit = try context.settings.value(BuilderSettings.sourceCacheLimit)
        guard limit > 0 else {
            try FileTree.remove(folder)
            return nil
        }
        try FileTree.make(folder)
        return SourceCaches(folder: folder, limit: Int64(limit) << 20, logger: context.logger)
    }

    private func dockerHost(_ http: HTTPClient) throws -> DockerHost {
        let settings = context.settings
        let memory = try settings.optional(BuilderSettings.memory)
        let cpus = try settings.value(BuilderSettings.cpus)
        return DockerHost(
            socketPath: try settings.value(BuilderSettings.dockerSocket), data: data.string,
            hostData: try settings.optional(BuilderSettings.dockerData)
                .map { $0 + folder.path.dropFirst(folder.root.count) },
            worker: worker,
            limits: ContainerLimits(
                isTrusted: try settings.value(BuilderSettings.trusted),
                allowsSudo: try settings.value(BuilderSettings.sudo),
                memory: memory.map { Int64($0) << 20 }, cpus: cpus == 0 ? nil : Double(cpus),
                processes: Int64(try settings.value(BuilderSettings.processes)),
                dropped: try settings.value(BuilderSettings.dropped).filter { $0.uppercased() != "NONE" }),
            images: ImageRules(
                local: try settings.value(BuilderSettings.localImages),
                proxies: BuilderSettings.proxies(try settings.value(BuilderSettings.buildProxies))),
            imageLimit: Int64(try settings.value(BuilderSettings.imageLimit)) << 20,
            http: http, logger: context.logger)
    }
}
