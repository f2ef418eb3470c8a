import Contracts
import FoundationEssentials
import Logging
import Messaging
import Secrets
import Storage
import TestSupport

@testable import Pipeline

/// The service's own parts on files in their own directory: everything but the broker. What would be sent is read
/// from the outbox.
struct PlatformFixture: Sendable {
    let directory: String
    let database: TestDatabase
    let store: PipelineStore
    let engine: RunEngine
    let logs: LogStore
    let reader: RunReader
    let operations: Operations
    /// Who signed in with the first token.
    let principal: Principal
    let keys: KeyRing

    static let path = RepositoryPath(rawValue: "shop/web")
    static let key = String(repeating: "A", count: 43) + "="
    static let commit = Commit(
        sha: String(repeating: "ab", count: 20), message: "Add a shop", authorName: "Ada",
        authorEmail: "ada@example.com",
        committedAt: Timestamp(milliseconds: 1_700_000_000_000))

    static let token = "slp_test"

    private init(
        directory: String, quotas: Quotas, keys: KeyRing?, unboundUntil: Timestamp?, table: RightsTable,
        terms: LeaseTerms
    ) async throws {
        self.directory = directory
        database = try await TestDatabase.make(in: directory)
        store = PipelineStore(store: try await database.open(Schema.migrations))
        self.keys = try keys ?? KeyRing("test:\(Self.key)")
        engine = RunEngine(
            store: store,
            configuration: EngineConfiguration(
                terms: terms, quotas: quotas, publicURL: "https://slipway.example", keys: self.keys,
                mirrorTokens: MirrorToken(key: try SigningKey(base64: Self.key)),
                grantTokens: GrantToken(
                    hooks: try SigningKey(base64: Self.key), mirrors: try SigningKey(base64: Self.key)),
                unboundUntil: unboundUntil),
            logger: Logger(label: "test"))
        logs = LogStore(directory: "\(directory)/logs", changes: store.changes)
        reader = RunReader(store: store, logs: LogReader(directory: logs.directory))
        operations = Operations(
            engine: engine, reader: reader, logs: logs,
            hooks: HookAddress(
                tokens: HookToken(key: try SigningKey(base64: Self.key)), gateway: "https://hooks.example"),
            passwords: PasswordHasher(cost: Samples.passwordCost), table: table)
        try await store.write { try $0.addToken(Self.token, name: "test") }
        principal = try await operations.access.principal(token: Self.token)
    }

    /// Each has some sessions of the database's server, which has only so many.
    private static let turnstile = Turnstile(48)

    /// Runs the body with a platform that knows the repository `shop/web`; everything is gone afterwards.
    static func with<Value>(
        quotas: Quotas = Quotas(), keys: KeyRing? = nil, unboundUntil: Timestamp? = nil,
        table: RightsTable = .standard, terms: LeaseTerms = LeaseTerms(),
        _ body: (PlatformFixture) async throws -> Value
    ) async throws -> Value {
        try await turnstile.pass { try await make(quotas, keys, unboundUntil, table, terms, body) }
    }

    private static func make<Value>(
        _ quotas: Quotas, _ keys: KeyRing?, _ unboundUntil: Timestamp?, _ table: RightsTable,
        _ terms: LeaseTerms, _ body: (PlatformFixture) async throws -> Value
    ) async throws -> Value {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("pipeline-\(RunID.make())").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let fixture = try await PlatformFixture(
            directory: directory, quotas: quotas, keys: keys, unboundUntil: unboundUntil, table: table,
            terms: terms)
        do {
            try await fixture.register()
            let value = try await body(fixture)
            try await fixture.remove()
            return value
        } catch {
            try await fixture.remove()
            throw error
        }
    }

    private func remove() async throws {
        try await store.store.close()
        try await database.remove()
        try FileManager.default.removeItem(atPath: directory)
    }

    private func register() async throws { try await register(Self.path) }

    func register(_ path: RepositoryPath) async throws {
        try await store.write { transaction in
            try transaction.repositories.save(
                Repository(
                    path: path, cloneURL: "https://git.example/shop/web.git", defaultBranch: "main",
                    allowsFile: true, createdAt: transaction.now))
            try transaction.environments.save(Samples.production)
        }
    }

    /// An installation of before was taken over then.
    func upgraded(at moment: Timestamp) async throws {
        _ = try await store.write { transaction in
            try transaction.database.execute(
                "INSERT INTO upgrades (name, startedAt) VALUES ('senders', ?)", [moment])
        }
    }

    func save(_ rules: EnvironmentRules, as environment: String) async throws {
        _ = try await operations.environments.save(rules, as: environment, by: principal)
    }

    // MARK: - What arrives

    func push(
        _ file: String?, path: String = ".slipway.yml", branch: String = "main", trigger id: String = "t1",
        message: String = "m1", run: RunID? = nil, event: Event = .push, text: String = "Add a shop",
        parameters: [String: String] = [:], misnamed: String? = nil, repository: RepositoryPath = Self.path,
        before: String? = nil, sha: String? = nil
    ) async throws {
        var commit = Self.commit
        commit.sha = sha ?? commit.sha
        commit.message = text
        let trigger = Trigger(
            id: MessageID(rawValue: id), event: event, repository: repository, ref: "refs/heads/\(branch)",
            branch: branch, before: before,
            parameters: parameters, run: run)
        try await SourceSyncedHandler(sources: operations.sources).handle(
            SourceSynced(
                trigger: trigger, commit: commit, changes: .init(paths: ["README.md"], complete: true),
                pipelineFile: file.map { .init(path: path, text: $0) }, misnamedFile: misnamed,
                mirrorURL: "http://sync.example/shop/web.git"),
            MessageContext(id: MessageID(rawValue: message)))
    }

    func claim(
        _ job: JobID, attempt: Int = 1, worker: String = "w1", namespace: String? = nil, cluster: String? = nil,
        login: String = "shared"
    ) async throws -> JobClaimReply {
        try await JobClaimHandler(jobs: operations.jobs).answer(
            JobClaim(
                job: job, attempt: attempt, worker: worker, namespace: namespace, cluster: cluster,
                keys: keys.keys(of: .platform)),
            MessageContext(id: .make(), sender: login))
    }

    /// What a grant of the job would bear.
    func token(_ job: JobID, attempt: Int = 1) -> String {
        engine.configuration.grantTokens.sign(job, attempt: attempt)
    }

    /// A worker asks for whatever it may take.
    /// - Parameter keys: those of the platform if absent; `nil` in it for a worker of an earlier version.
    func ask(
        _ scope: WorkerScope = WorkerScope(), worker: String = "w1", id: String? = MessageID.make().rawValue,
        life: String? = nil, wake: JobID? = JobID(rawValue: "any"), login: String = "shared", keys: [String]?? = .none
    ) async throws -> JobClaimReply {
        try await JobClaimHandler(jobs: operations.jobs).answer(
            JobClaim(
                job: wake, attempt: wake.map { _ in 1 }, worker: worker, id: id, life: life, scope: scope,
                keys: keys ?? self.keys.keys(of: .platform)),
            MessageContext(id: .make(), sender: login))
    }

    func announce(
        _ name: String, _ scope: WorkerScope = WorkerScope(), life: String = "1", slots: Int = 1,
        problem: String? = nil, isLeaving: Bool = false, login: String = "shared", keys: [String]?? = .none,
        ended: [String]? = nil
    ) async throws {
        try await WorkerAnnouncedHandler(workers: operations.workers).handle(
            WorkerAnnounced(
                name: name, life: life, scope: scope, slots: slots, version: "0.1.0", problem: problem,
                isLeaving: isLeaving, keys: keys ?? self.keys.keys(of: .platform), ended: ended),
            MessageContext(id: .make(), sender: login))
    }

    func heartbeat(_ job: Job, attempt: Int = 1, stuck: String? = nil) async throws {
        try await JobHeartbeatHandler(jobs: operations.jobs).handle(
            JobHeartbeat(
                job: job.id, run: job.run, attempt: attempt, stuck: stuck, token: token(job.id, attempt: attempt)),
            MessageContext(id: .make()))
    }

    /// Has time pass in which workers could be heard.
    /// - Parameter duration: as long as a silent worker keeps its job if absent.
    func pass(_ duration: Duration? = nil) async throws {
        let terms = engine.configuration.terms
        func beat(_ elapsed: Duration) async throws {
            let last = try await store.read { tables in
                try tables.database.value("SELECT sentAt FROM heardTime WHERE sender = 'test'") as Int64?
            }
            if last == nil { try await beat(at: 1) }
            try await beat(at: (last ?? 1) + Int64(elapsed / .milliseconds(1)))
        }
        func beat(at moment: Int64) async throws {
            try await PlatformBeatHandler(jobs: operations.jobs).handle(
                PlatformBeat(sender: "test", at: moment), MessageContext(id: .make()))
        }
        var left = duration ?? terms.length
        while left > .zero {
            try await beat(min(left, terms.delay))
            left -= min(left, terms.delay)
        }
    }

    func started(_ step: String, _ job: Job, attempt: Int = 1) async throws {
        try await StepStartedHandler(jobs: operations.jobs).handle(
            StepStarted(
                job: job.id, run: job.run, attempt: attempt, step: step, at: .now,
                token: token(job.id, attempt: attempt)), MessageContext(id: .make()))
    }

    func finished(
        _ step: String, _ job: Job, _ outcome: StepOutcome = .success, attempt: Int = 1,
        ignored: Bool? = nil, outputs: [String: String] = [:], dropped: [String: String]? = nil
    ) async throws {
        try await StepFinishedHandler(jobs: operations.jobs).handle(
            StepFinished(
                job: job.id, run: job.run, attempt: attempt,
                report: StepReport(
                    step: step, outcome: outcome, exitCode: outcome == .success ? 0 : 1, ignored: ignored,
                    outputs: outputs, dropped: dropped, startedAt: .now, finishedAt: .now),
                token: token(job.id, attempt: attempt)),
            MessageContext(id: .make()))
    }

    func ended(
        _ job: Job, _ outcome: JobFinished.Outcome = .success, attempt: Int = 1, reason: String? = nil,
        handBack: JobFinished.HandBack? = nil, steps: [StepReport] = [], message: MessageID = .make()
    ) async throws {
        try await JobFinishedHandler(jobs: operations.jobs).handle(
            JobFinished(
                job: job.id, run: job.run, attempt: attempt, outcome: outcome, reason: reason, handBack: handBack,
                steps: steps,
                token: token(job.id, attempt: attempt)),
            MessageContext(id: message))
    }

    func printed(_ step: String, _ job: Job, at offset: Int64 = 0, _ text: String) async throws {
        try await LogChunkHandler(jobs: operations.jobs).handle(
            LogChunk(
                job: job.id, run: job.run, attempt: 1, step: step, offset: offset, text: text, token: token(job.id)),
            MessageContext(id: .make()))
    }

    // MARK: - What people do

    func start(_ request: RunRequest) async throws -> RunView {
        try await operations.runs.start(request, as: principal)
    }

    func rerun(_ run: RunID) async throws -> RunView { try await operations.runs.rerun(run, as: principal) }

    func cancel(_ run: RunID) async throws -> RunView { try await operations.runs.cancel(run, as: principal) }

    func save(_ document: JSONValue, as component: String) async throws -> ComponentOperations.Saved {
        try await operations.components.save(document, as: component, by: principal)
    }

    /// Who signs in with a token of a service account that has the role in each scope.
    func principal(
        _ name: String, _ role: Role, in scopes: String...
    ) async throws -> Principal {
        let scopes = scopes.compactMap { RepositoryScope($0) }
        try await store.write { try $0.addToken("slp_\(name)", name: name, role: role, in: scopes) }
        return try await operations.access.principal(token: "slp_\(name)")
    }

    // MARK: - What is seen

    func runs() async throws -> [RunSummary] { try await reader.list().items }

    func jobs(of run: RunID) async throws -> [Job] {
        try await store.read { try $0.jobs.all(of: run) }
    }

    func sent() async throws -> [PreparedMessage] {
        try await store.read { [outbox = store.outbox] in try outbox.rows(in: $0.database).map(\.message) }
    }

    /// The types and queues of what waits to be sent, events left out.
    func sentWork() async throws -> [String] {
        try await sent().filter { $0.exchange != CloudEvent.exchange }.map { message in
            message.routingKey.isEmpty ? message.type : "\(message.type) → \(message.routingKey)"
        }
    }

    func sentEvents() async throws -> [String] {
        try await sent().filter { $0.exchange == CloudEvent.exchange }.map(\.routingKey)
    }

    func states(of run: RunID) async throws -> [String: RunState] {
        let view = try await reader.view(run)
        var states: [String: RunState] = [:]
        for step in view?.stages.flatMap(\.steps) ?? [] { states[step.name] = step.state }
        return states
    }
}

extension Operations {
    /// Begins a session with a token.
    func signIn(token: String) async throws -> String { try await signIns.signIn(token: token, from: .unknown).secret }
}

extension Transaction {
    /// Adds a token of a service account of its name, which has the role in each scope.
    func addToken(
        _ text: String, name: String, role: Role = .administrator, in scopes: [RepositoryScope] = [.all]
    ) throws {
        if try accounts.find(name) == nil {
            try accounts.add(Account(name: name, kind: .service, createdAt: now))
            for scope in scopes {
                try accounts.grant(Rights.Grant(role: role, scope: scope), to: name, by: "test", now: now)
            }
        }
        try access.add(Token(name: name, account: name, createdAt: now), text)
    }
}

enum Samples {
    /// So that a test takes no time.
    static let passwordCost = PasswordHash.Cost(exponent: 4, blockSize: 1, parallelism: 1)

    /// Covers what the samples roll out to.
    static let production = Environment(
        name: "production",
        rules: EnvironmentRules(
            clusters: ["default", "live"], namespaces: ["default", "shop"], workloads: ["deployment/web"],
            containers: ["web"], repositories: ["shop/web"]), updatedBy: "test", updatedAt: Timestamp(milliseconds: 0))

    /// Two build steps in one job, then a rollout.
    static let delivery = """
        steps:
          - name: compile
            image: node:22
            commands: [yarn build]
          - name: image
            build: {context: ., repository: registry.example/app, tags: [latest]}
          - name: deploy
            deploy: {environment: production, workload: deployment/web, container: web, image: "${steps.image.reference}"}
        """

    static let single = """
        steps:
          - name: test
            image: alpine
            commands: ["true"]
        """
}
