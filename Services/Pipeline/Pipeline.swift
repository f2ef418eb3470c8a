import AMQP
import Contracts
import FoundationEssentials
import Hummingbird
import Logging
import Messaging
import Runtime
import Secrets
import ServiceLifecycle
import Storage
import Synchronization
import WebServer

/// The pipeline platform: chooses the process of a push, plans it into jobs, leases them to workers and keeps the one
/// truth on runs. Serves the API and the pages.
struct Pipeline {
    private let context: ServiceContext

    init(_ context: ServiceContext) {
        self.context = context
    }

    /// One at a time works on a data folder, which holds SQLite's file and the logs: a second one stands by.
    func services() throws -> [any Service] {
        let isActive = Flag()
        context.readiness.add("folder") { isActive.value ? nil : "it stands by for the data folder" }
        return [
            try Standby(context) { folder in
                let services = try await services(in: folder.path)
                isActive.raise()
                return services
            }
        ]
    }

    private func services(in data: String) async throws -> [any Service] {
        let settings = context.settings
        let logger = context.logger

        let floor = try DiskFloor(of: data, settings)
        context.readiness.add("disk", isNeeded: false) { floor.problem() }
        let store = PipelineStore(store: try await Self.open(settings, logger), floor: floor)
        context.readiness.add("store") { await store.problem() }
        context.collectors.add {
            let work = try await store.openWork()
            return work.samples + (await work.queueSamples(bus: context.bus, logs: context.logs))
        }

        let listen = try settings.value(PipelineSettings.listen)
        let certificate = try ServerCertificate(settings, context.readiness, logger: logger)
        let keys = try Self.keys(settings)
        let mirrorKey = try settings.value(CommonSettings.mirrorKey)
        let hookKey = try settings.value(CommonSettings.hookKey)
        let engine = RunEngine(
            store: store,
            configuration: EngineConfiguration(
                terms: LeaseTerms(
                    lease: .seconds(try settings.value(PipelineSettings.lease)),
                    hold: .seconds(try settings.value(PipelineSettings.hold))),
                timeLimit: try settings.value(PipelineSettings.timeLimit),
                queueHours: try settings.value(PipelineSettings.queueHours),
                quotas: try PipelineSettings.quotas(settings),
                headsInterval: try settings.value(PipelineSettings.headsInterval),
                headsPatience: try settings.value(PipelineSettings.headsPatience),
                retention: try PipelineSettings.retention(settings),
                publicURL: try PipelineSettings.address(settings), keys: keys,
                mirrorTokens: MirrorToken(key: mirrorKey), grantTokens: GrantToken(hooks: hookKey, mirrors: mirrorKey),
                unsignedUntil: try await Self.unsignedUntil(store, logger),
                unboundUntil: try await Self.unboundUntil(store, logger)),
            logger: logger)
        try await engine.makeEnvironmentsOfRollouts()
        try await engine.endRunsOfRestore()
        let logs = LogStore(directory: "\(data)/logs", changes: store.changes, floor: floor)
        let reader = RunReader(
            store: store, logs: LogReader(directory: logs.directory), quotas: engine.configuration.quotas)
        let trusted = try TrustedCertificates(settings, in: data, context.readiness, logger: logger)
        let openID = try OpenIDSettings.configuration(settings, publicURL: engine.configuration.publicURL).map {
            OpenIDProvider($0, authorities: trusted?.path, logger: logger)
        }
        let operations = Operations(
            engine: engine, reader: reader, logs: logs,
            hooks: HookAddress(
                tokens: HookToken(key: hookKey),
                gateway: try settings.optional(PipelineSettings.hooksURL)),
            policy: SessionPolicy(
                idle: .seconds(3600 * (try settings.value(PipelineSettings.sessionIdle))),
                tokenHold: .seconds(86_400 * (try settings.value(OpenIDSettings.tokenDays)))),
            openID: openID)
        try await KeyChanges(store: store, keys: keys).note()
        try await FirstToken(store: store, in: data).watch(logger: logger)
        try await operations.people.prepare(as: .administrator, logger: logger)

        // Without a broker people still see what ran and change what is to run; what that sends waits in the outbox.
        let isServing = Flag()
        context.readiness.add("pages") { isServing.value ? nil : "they are not served yet" }
        let proxies = try settings.value(CommonSettings.trustedProxies)
        let server = RouterService(
            try PipelineRouter.make(
                operations, publicURL: engine.configuration.publicURL, isSecure: certificate != nil, proxies: proxies,
                logger: logger), on: listen, setting: PipelineSettings.listen, certificate: certificate,
            proxies: proxies, logger: logger, served: isServing.raise)
        let bus = context.bus.takingUnsigned(until: engine.configuration.unsignedUntil)
        let platform = try await store.platform()
        let start = PlatformStart()
        let refusals = PlatformRefusals()
        let exchange: [any Service] = [
            OutboxRelay(
                store: store.store, outbox: store.outbox, window: 200, logger: logger,
                setAside: UnreadableMessageHandler(letters: operations.deadLetters).handle,
                publish: { try await bus.publish($0) }),
            QueueConsumer(
                bus: bus, queue: MessageMap.pipeline, prefetch: 64,
                handlers: [
                    SourceSyncedHandler(sources: operations.sources), SyncFailedHandler(sources: operations.sources),
                    SyncDelayedHandler(sources: operations.sources), HeadsListedHandler(sources: operations.sources),
                    StepStartedHandler(jobs: operations.jobs), StepFinishedHandler(jobs: operations.jobs),
                    JobHeartbeatHandler(jobs: operations.jobs), JobFinishedHandler(jobs: operations.jobs),
                    WorkerAnnouncedHandler(workers: operations.workers), PlatformBeatHandler(jobs: operations.jobs),
                ], logger: logger),
            QueueConsumer(
                bus: context.logs.takingUnsigned(until: engine.configuration.unsignedUntil), parking: bus,
                queue: MessageMap.logs, prefetch: 100, handlers: [LogChunkHandler(jobs: operations.jobs)],
                logger: logger),
            RequestServer(
                bus: bus, queue: MessageMap.requests,
                handlers: [
                    JobClaimHandler(jobs: operations.jobs),
                    RepositoryLookupHandler(repositories: operations.repositories),
                    HookInquiryHandler(repositories: operations.repositories),
                    PlatformInquiryHandler(
                        platform: platform, publicURL: engine.configuration.publicURL, start: start,
                        refused: refusals.note),
                ], logger: logger),
            DeadLetterCollector(bus: bus, letters: operations.deadLetters, logger: logger),
            TroubleWatch(
                engine: engine, data: data, refusals: refusals, logger: logger, diskProblem: { floor.problem() }),
            PlatformPulse(engine: engine, send: { try await bus.send($0, timeout: $1) }, logger: logger),
        ]
        return (certificate.map { [$0] } ?? []) + (trusted.map { [$0] } ?? []) + [
            PlatformGuard(
                services: exchange, platform: platform, start: start, ask: { try await bus.call($0, timeout: $1) },
                logger: logger),
            DeadlineTimer(
                engine: engine, isShared: try settings.optional(PipelineSettings.databaseURL) != nil, logger: logger),
            InboxPruner(
                store: store, auditLife: .seconds(86_400 * (try settings.value(PipelineSettings.auditDays))),
                logger: logger),
            WakeRecount(
                engine: engine,
                isConnected: { [broker = context.broker] in await broker.status.problem == nil }, logger: logger),
            HeadsTimer(engine: engine, logger: logger),
            RunCleaner(
                store: store, retention: engine.configuration.retention, logs: logs, logger: logger),
            FailedSignInWriter(signIns: operations.signIns, logger: logger),
            TokenUseWriter(access: operations.access, logger: logger),
            SealRenewal(store: store, keys: keys, logger: logger),
            server,
        ]
    }
}

extension Pipeline {
    /// The file of SQLite's in the data folder.
    static func file(in data: String) -> String { "\(data)/pipeline.sqlite" }

    /// Until when what earlier versions send is taken: for a day from the first start with this version.
    private static func unsignedUntil(_ store: PipelineStore, _ logger: Logger) async throws -> Timestamp? {
        guard let until = try await store.upgradedAt()?.adding(.seconds(86_400)),
            until > .now
        else { return nil }
        logger.notice(
            "messages of earlier versions are taken, whose senders are not known: update the other services by then",
            metadata: ["until": "\(until)"])
        return until
    }

    /// Until when services of earlier versions are sent what is bound to its purpose alone: for a day from the first start
    /// with this version.
    private static func unboundUntil(_ store: PipelineStore, _ logger: Logger) async throws -> Timestamp? {
        guard let until = try await store.boundSince()?.adding(.seconds(86_400)), until > .now
        else { return nil }
        logger.notice(
            "services of earlier versions are sent secrets that any of them opens: update them by then",
            metadata: ["until": "\(until)"])
        return until
    }

    /// The platform's own keys.
    private static func keys(_ settings: Settings) throws -> KeyRing {
        let ring = try settings.value(CommonSettings.sealKeys)
        guard !ring.platformKeys.isEmpty else {
            throw SettingsError(
                setting: CommonSettings.sealKeys.variable, message: "the platform's own key is not in it",
                remedy: "give the file \(KeyFolder.file(of: "pipeline")) that slipway keys make writes")
        }
        return ring
    }

    /// The store on the database that the settings name: PostgreSQL, or a file in the data folder.
    /// - Parameter asItIs: whether its schema is left as it is.
    static func open(_ settings: Settings, _ logger: Logger, asItIs: Bool = false) async throws -> Store {
        if let data = try settings.optional(CommonSettings.data) { try BackupCommands.folder(in: data).requireNone() }
        guard let url = try settings.optional(PipelineSettings.databaseURL) else {
            let path = file(in: try settings.value(CommonSettings.data))
            return asItIs ? try Store.open(asItIs: path) : try Store.open(at: path, migrations: Schema.migrations)
        }
        let engine = try await postgreSQL(url, settings, logger, isAlone: !asItIs)
        return asItIs ? Store.open(asItIs: engine) : try await Store.open(engine, migrations: Schema.migrations)
    }

    /// Has a command work on the tokens, beside the service that runs.
    @Sendable static func withTokens(
        _ settings: Settings, _ logger: Logger, _ body: (TokenOperations) async throws -> Void
    ) async throws {
        try await withStore(settings, logger) { store in
            try await body(
                TokenOperations(store: store, uses: TokenUses()))
        }
    }

    /// Has a command work on people, beside the service that runs.
    @Sendable static func withPeople(
        _ settings: Settings, _ logger: Logger, _ body: (PeopleOperations) async throws -> Void
    ) async throws {
        let publicURL = try PipelineSettings.address(settings)
        try await withStore(settings, logger) { store in
            let signIns = SignInOperations(
                store: store, hasher: PasswordHasher(), policy: SessionPolicy(), publicURL: publicURL)
            try await body(PeopleOperations(store: store, signIns: signIns))
        }
    }

    /// Has a command work on the keys, beside the service that runs.
    @Sendable static func withKeys(
        _ settings: Settings, _ logger: Logger, _ body: (KeyOperations) async throws -> Void
    ) async throws {
        let keys = try keys(settings)
        try await withStore(settings, logger) { try await body(KeyOperations(store: $0, keys: keys)) }
    }

    private static func withStore(
        _ settings: Settings, _ logger: Logger, _ body: (PipelineStore) async throws -> Void
    ) async throws {
        let store = try await open(settings, logger, asItIs: true)
        guard try await store.pending(Schema.migrations).isEmpty else {
            throw StoreError(.olderSchema, "\(store.name) is not up to date; start the service once")
        }
        try await body(PipelineStore(store: store))
        try await store.close()
    }
}

/// Something that becomes true once.
private final class Flag: Sendable {
    private let state = Mutex(false)

    var value: Bool { state.withLock { $0 } }
    func raise() { state.withLock { $0 = true } }
}
