import Containers
import Contracts
import DockerEngine
import HTTPClient
import Logging
import Messaging
import Runtime
import Secrets
import ServiceLifecycle
import SystemPackage
import Worker

/// The parts of the service: one job loop for each cluster or host.
struct Deployer {
    private let context: ServiceContext
    private let data: FilePath
    private let worker: String
    private let life: WorkerLife

    init(_ context: ServiceContext) throws {
        self.context = context
        // Each replica has its own worker name there.
        data = FilePath(try DataFolder.claim(context.settings).path)
        do {
            worker = try WorkerIdentity.load(service: "deployer", directory: data)
            life = try WorkerLife.begin(in: data)
        } catch {
            throw SettingsError(
                setting: CommonSettings.data.variable, message: "the folder \(data) cannot be used: \(error)",
                remedy: "give a folder this service may write to")
        }
    }

    func services() throws -> [any Service] {
        let settings = context.settings
        let clusters = try DeployerSettings.targets(settings)
        let keys = try CommonSettings.sealKeys(
            settings, for: try clusters.map { SealAudience(try DeployerSettings.scope($0, settings)) },
            logger: context.logger)
        let slots = try settings.value(DeployerSettings.slots)
        let timeout = try settings.value(DeployerSettings.timeout)
        let shutdown = try settings.value(CommonSettings.shutdownGrace)
        let http = HTTPClient(logger: context.logger)
        let authorities = try TrustedCertificates(
            settings, in: try settings.value(CommonSettings.data), context.readiness, logger: context.logger)
        let registry = try RegistryClient(settings, client: http, authorities: authorities)
        let bus = context.bus
        let events = WorkerEvents(service: "deployer", file: data.appending("events"), logger: context.logger) {
            event in
            try await bus.publish(event)
        }
        let turns = Turns()
        let loops = try clusters.map { target -> any Service in
            var logger = context.logger
            logger[metadataKey: "cluster"] = "\(target.name)"
            // One worker name for each loop: a claim is told from another loop's.
            let name = "\(worker).\(target.name)"
            let place = RolloutPlace(
                cluster: target, isDefault: target.name == DeployerSettings.defaultCluster,
                variable: DeployerSettings.clusters.variable, settings: settings, timeout: timeout, worker: name,
                http: http, registry: registry, logger: logger)
            let targets = try RolloutTargets.all.map { try $0.init(place) }
            let scope = try DeployerSettings.scope(target, settings)
            var configuration = JobLoopConfiguration(
                worker: name, scope: scope, slots: slots,
                // A rollout goes on in the cluster by itself, so there is no use in waiting for its end.
                grace: min(.seconds(2), shutdown / 2), namespace: targets.lazy.compactMap(\.namespace).first,
                spool: data.appending("spool-\(target.name)"))
            configuration.version = Version.current
            configuration.life = life
            configuration.cluster = {
                for target in targets { if let found = await target.identity() { return found } }
                return nil
            }
            let loop = JobLoop(
                platform: BusPlatform(
                    RolloutRequested.self, bus: bus, logs: context.logs,
                    queue: MessageMap.wakes(of: scope), logger: logger),
                executor: DeployExecutor(targets: targets, events: events, turns: turns), keys: keys,
                configuration: configuration,
                logger: logger)
            context.readiness.add("slots of \(target.name)") { loop.problem }
            return loop
        }
        // Those that come first end last: the events of the last jobs still go out.
        return (authorities.map { [$0] } ?? []) + [events] + loops
    }
}
