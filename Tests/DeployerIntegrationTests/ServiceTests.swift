import AMQP
import Contracts
import FoundationEssentials
import Logging
import Messaging
import PipelineLanguage
import Secrets
import ServiceLifecycle
import Subprocess
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Deployer

/// The program `deployer` on a real broker and a real cluster.
@Suite(.serialized, .timeLimit(.minutes(4))) struct ServiceTests {
    /// What the platform knows of one job.
    final class Ledger: Sendable {
        struct State {
            var finished: [JobFinished] = []
            var log = ""
            var events: [String] = []
            var stuck: [String] = []
            var namespaces: [String?] = []
        }
        let state = Mutex(State())
        var value: State { state.withLock { $0 } }
    }

    private struct Granting: RequestHandler {
        let grant: JobGrant
        let ledger: Ledger
        func answer(_ request: JobClaim, _ context: MessageContext) async throws -> JobClaimReply {
            guard let attempt = request.attempt else { return .refused(.init(code: .nothing, reason: "no job waits")) }
            ledger.state.withLock { $0.namespaces.append(request.namespace) }
            var grant = grant
            grant.attempt = attempt
            return .granted(grant)
        }
    }

    /// Takes a message and does nothing else.
    private struct Hearing<Incoming: Message>: MessageHandler {
        var hear: @Sendable (Incoming) -> Void = { _ in }
        func handle(_ message: Incoming, _ context: MessageContext) async throws { hear(message) }
    }

    struct Scene: Sendable {
        let broker: VirtualHost
        /// Logs have their own broker here.
        let logs: VirtualHost
        let bus: Bus
        let grant: JobGrant
        let ledger: Ledger
        let directory: FilePath

        func offer(attempt: Int) async throws {
            try await bus.send(
                RolloutRequested(job: grant.job, run: grant.run, attempt: attempt),
                to: MessageMap.deploy(cluster: "default"))
        }

        func start(kubeconfig: String? = nil) async throws -> ServiceProgram {
            try await ServiceProgram.start(
                "deployer",
                [
                    "SLIPWAY_BROKER_URL": broker.url, "SLIPWAY_LOG_BROKER_URL": logs.url,
                    "SLIPWAY_DATA": directory.appending("data").string,
                    "SLIPWAY_SEAL_KEYS": ServiceTests.keys,
                    "SLIPWAY_KUBECONFIG": try kubeconfig ?? TestEnvironment.required("SLIPWAY_TEST_KUBECONFIG"),
                    "SLIPWAY_DOCKER_SOCKET": try TestEnvironment.required("SLIPWAY_TEST_DOCKER_SOCKET"),
                    "SLIPWAY_ADMIN_LISTEN": "127.0.0.1:0", "PATH": "/usr/local/bin:/usr/bin:/bin",
                ], log: directory.appending("deployer.log"))
        }
    }

    fileprivate static let keys = "k1:" + String(repeating: "A", count: 43) + "="

    func scene(_ step: Step, _ body: @escaping @Sendable (Scene) async throws -> Void) async throws {
        let id = String(UInt64.random(in: .min ... .max), radix: 36)
        var made = JobGrant(
            job: JobID(rawValue: "job-\(id)"), run: RunID(rawValue: "run-\(id)"), attempt: 1, leaseSeconds: 30,
            timeoutSeconds: 120, repository: RepositoryPath(rawValue: "shop/web"),
            commit: Commit(
                sha: String(repeating: "c", count: 40), message: "m", authorName: "Ada",
                authorEmail: "ada@example.org", committedAt: .now), ref: "refs/heads/main",
            stage: try JSONValue(encoding: Stage(name: "main", steps: [step])), steps: [step.name],
            environment: ["WHO": "Ada"], sequence: 1,
            permit: RolloutPermit(
                environment: step.deploy?.environment ?? "", namespaces: ["*"], workloads: ["*/*"], containers: ["*"],
                allows: ContainerAllowances(volumes: ["*"], networks: ["*"], ports: ["0-65535"], users: ["*"]),
                // What the tests roll out to was made by hand.
                takes: .any))
        made.registries = try Self.logins(of: made)
        let grant = made
        try await withTemporaryDirectory { directory in
            try await Self.withBrokers { host, broker, logHost, logBroker in
                let bus = Bus(broker: broker, service: "pipeline")
                let logs = Bus(broker: logBroker, service: "pipeline")
                let ledger = Ledger()
                let scene = Scene(
                    broker: host, logs: logHost, bus: bus, grant: grant, ledger: ledger, directory: directory)
                let services = ServiceGroup(services: platform(bus, logs, grant, ledger), logger: .quiet)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await services.run() }
                    group.addTask {
                        let events = broker.subscribe(
                            exchange: MessageMap.events, routingKeys: ["#"], prefetch: 16)
                        for try await delivery in events {
                            ledger.state.withLock { $0.events.append(delivery.message.routingKey) }
                            try await delivery.ack()
                        }
                    }
                    defer { group.cancelAll() }
                    try await body(scene)
                }
            }
        }
    }

    private static func withBrokers(
        _ body: @escaping @Sendable (VirtualHost, Broker, _ logHost: VirtualHost, _ logs: Broker) async throws -> Void
    ) async throws {
        let topology = MessageMap.topology(with: [MessageMap.deploy(cluster: "default")])
        try await VirtualHost.with { host in
            try await VirtualHost.with { logHost in
                try await Broker.with(host.url, topology: topology) { broker in
                    try await Broker.with(logHost.url, topology: MessageMap.logTopology) { logs in
                        try await body(host, broker, logHost, logs)
                    }
                }
            }
        }
    }

    private static func logins(of grant: JobGrant) throws -> [String: SealedSecret] {
        let login = RegistryLogin(
            username: try TestEnvironment.required("SLIPWAY_TEST_REGISTRY_USERNAME"),
            password: try TestEnvironment.required("SLIPWAY_TEST_REGISTRY_PASSWORD"))
        let text = String(decoding: try Wire.encode(login), as: UTF8.self)
        let host = try TestEnvironment.required("SLIPWAY_TEST_REGISTRY")
        let binding = SealBinding.Grant(grant, for: .deployer(cluster: "default"))
        return [host: try KeyRing(keys).seal(text, for: binding.registry(host))]
    }

    private func platform(_ bus: Bus, _ logs: Bus, _ grant: JobGrant, _ ledger: Ledger) -> [any Service] {
        [
            RequestServer(
                bus: bus, queue: MessageMap.requests, handlers: [Granting(grant: grant, ledger: ledger)], logger: .quiet
            ),
            QueueConsumer(
                bus: bus, queue: MessageMap.pipeline, prefetch: 1,
                handlers: [
                    Hearing<WorkerAnnounced>(), Hearing<StepStarted>(), Hearing<StepFinished>(),
                    Hearing<JobHeartbeat> { message in
                        if let stuck = message.stuck { ledger.state.withLock { $0.stuck.append(stuck) } }
                    },
                    Hearing<JobFinished> { message in ledger.state.withLock { $0.finished.append(message) } },
                ], logger: .quiet),
            QueueConsumer(
                bus: logs, parking: bus, queue: MessageMap.logs, prefetch: 1,
                handlers: [Hearing<LogChunk> { chunk in ledger.state.withLock { $0.log += chunk.text } }],
                logger: .quiet),
        ]
    }

    @Test func noCommandOfARepositoryRunsHere() async throws {
        let step = Step(name: "deploy", commands: ["echo hello $WHO"])
        try await scene(step) { scene in
            try await scene.offer(attempt: 1)
            let deployer = try await scene.start()
            try await eventually(within: .seconds(60), "the end") { !scene.ledger.value.finished.isEmpty }
            let finished = try #require(scene.ledger.value.finished.first)
            #expect(finished.outcome == .failure)
            #expect(finished.reason?.contains("no deploy block") == true, "\(finished)")
            #expect(!scene.ledger.value.log.contains("hello Ada"))
            try await deployer.signal("TERM")
            #expect(try await deployer.exit() == .exited(0))
        }
    }

    @Test func aRolloutGoesOnWhereAKilledDeployerLeftIt() async throws {
        try await TestCluster.with { cluster in
            let (old, new) = (try await TestImages.server("one"), try await TestImages.server("two"))
            try await cluster.make(image: old)
            let step = Step(
                name: "release",
                deploy: Deploy(
                    environment: "production", workload: Workload(kind: .deployment, name: "web"),
                    namespace: cluster.namespace, container: "web", image: new))
            try await scene(step) { scene in
                try await scene.offer(attempt: 1)
                let first = try await scene.start()
                try await eventually(within: .seconds(60), "the change") {
                    try await cluster.field("{.spec.template.spec.containers[0].image}") == new
                }
                try await first.signal("KILL")
                _ = try await first.exit()
                try await scene.offer(attempt: 2)
                let second = try await scene.start()
                try await eventually(within: .seconds(60), "the end of the second attempt") {
                    scene.ledger.value.finished.contains { $0.attempt == 2 }
                }
                let finished = try #require(scene.ledger.value.finished.first { $0.attempt == 2 })
                #expect(finished.outcome == .success)
                #expect(
                    finished.steps.first?.outputs == [
                        "image": new, "revision": "2", "workload": "\(cluster.namespace)/deployment/web",
                    ])
                #expect(try await cluster.images() == [new])
                try await eventually(within: .seconds(20), "the events") {
                    scene.ledger.value.events.contains("dev.cdevents.service.upgraded")
                        && scene.ledger.value.events.contains("dev.cdevents.taskrun.finished")
                }
                try await second.signal("TERM")
                #expect(try await second.exit() == .exited(0))
            }
        }
    }

    private func release(_ image: String, in cluster: TestCluster, soak: Int? = nil) -> Step {
        Step(
            name: "release",
            deploy: Deploy(
                environment: "production", workload: Workload(kind: .deployment, name: "web"),
                namespace: cluster.namespace, container: "web", image: image, soak: soak))
    }

    @Test func aTagThatMovesRollsOutWhatItIsNow() async throws {
        try await TestCluster.with { cluster in
            let (old, new) = (try await TestImages.server("one"), try await TestImages.server("two"))
            let tag = try await TestImages.tag(old, "moving-\(cluster.namespace)")
            try await cluster.make(image: tag)
            _ = try await TestImages.tag(new, "moving-\(cluster.namespace)")
            try await scene(release(tag, in: cluster)) { scene in
                try await scene.offer(attempt: 1)
                let deployer = try await scene.start()
                try await eventually(within: .seconds(90), "the end") { !scene.ledger.value.finished.isEmpty }
                let finished = try #require(scene.ledger.value.finished.first)
                #expect(finished.outcome == .success)
                #expect(finished.steps.first?.outputs["image"] == new)
                #expect(try await cluster.images() == [new])
                #expect(
                    try await cluster.field("{.metadata.annotations.slipway\\.dev/tag}")
                        == "moving-\(cluster.namespace)")
                #expect(scene.ledger.value.namespaces == ["default"])
                try await deployer.signal("TERM")
                #expect(try await deployer.exit() == .exited(0))
            }
        }
    }

    @Test func aTagThatWasNeverPushedChangesNothing() async throws {
        try await TestCluster.with { cluster in
            let old = try await TestImages.server("one")
            try await cluster.make(image: old, replicas: 1)
            let step = release("\(old.prefix { $0 != "@" }):never-pushed", in: cluster)
            try await scene(step) { scene in
                try await scene.offer(attempt: 1)
                let deployer = try await scene.start()
                try await eventually(within: .seconds(60), "the end") { !scene.ledger.value.finished.isEmpty }
                let reason = scene.ledger.value.finished.first?.steps.first?.reason ?? ""
                #expect(reason.hasPrefix("nothing was changed: the digest of"))
                #expect(reason.contains("the registry holds no"))
                #expect(try await cluster.field("{.metadata.annotations.slipway\\.dev/sequence}") == "")
                try await deployer.signal("TERM")
                #expect(try await deployer.exit() == .exited(0))
            }
        }
    }

    @Test func aPluginThatHangsIsAskedInTheJobAndEndsWithIt() async throws {
        let step = Step(
            name: "release",
            deploy: Deploy(
                environment: "production", workload: Workload(kind: .deployment, name: "web"), namespace: "shop",
                container: "web", image: "registry.example/web@sha256:" + String(repeating: "0", count: 64)))
        try await scene(step) { scene in
            let pid = scene.directory.appending("pid")
            let kubeconfig = scene.directory.appending("kubeconfig").string
            let text = """
                {"clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
                 "users": [{"name": "u", "user": {"exec": {"command": "sh",
                   "args": ["-c", "echo $$ > \(pid); exec sleep 1000"]}}}],
                 "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}], "current-context": "x"}
                """
            try Data(text.utf8).write(to: URL(filePath: kubeconfig))
            try await scene.offer(attempt: 1)
            let deployer = try await scene.start(kubeconfig: kubeconfig)
            try await eventually(within: .seconds(60), "the plugin, and a word of it") {
                FileManager.default.fileExists(atPath: pid.string)
                    && scene.ledger.value.log.contains("asking sh for the cluster's credentials")
            }
            let process = try String(contentsOf: URL(filePath: pid.string), encoding: .utf8).filter { !$0.isWhitespace }
            try await scene.bus.send(
                JobCancelled(
                    job: scene.grant.job, run: scene.grant.run, attempt: 1, reason: "cancelled by ada", isFinal: true))
            try await eventually(within: .seconds(10), "the end") { !scene.ledger.value.finished.isEmpty }
            #expect(scene.ledger.value.finished.first?.steps.map(\.outcome) == [.cancelled])
            try await eventually("the end of the plugin") {
                !FileManager.default.fileExists(atPath: "/proc/\(process)/exe")
            }
            try await deployer.signal("TERM")
            #expect(try await deployer.exit() == .exited(0))
        }
    }

    @Test func aRolloutThatIsStuckSaysSoAndEndsWhenItIsCancelled() async throws {
        try await TestCluster.with { cluster in
            let old = try await TestImages.server("one")
            let broken = try await TestImages.build("/bin/busybox sleep 1; exit 1")
            try await cluster.make(image: old, replicas: 1)
            try await scene(release(broken, in: cluster)) { scene in
                try await scene.offer(attempt: 1)
                let deployer = try await scene.start()
                try await eventually(within: .seconds(60), "the word of it") { !scene.ledger.value.stuck.isEmpty }
                #expect(scene.ledger.value.stuck.first?.contains("it ends with exit code 1") == true)
                try await scene.bus.send(
                    JobCancelled(
                        job: scene.grant.job, run: scene.grant.run, attempt: 1, reason: "cancelled by ada",
                        isFinal: true))
                try await eventually(within: .seconds(60), "the end") { !scene.ledger.value.finished.isEmpty }
                let steps = scene.ledger.value.finished.first?.steps ?? []
                #expect(steps.map(\.outcome) == [.cancelled])
                #expect(steps.map(\.reason) == ["cancelled by ada; rolled back to revision 1"])
                #expect(try await cluster.images() == [old])
                #expect(scene.ledger.value.log.hasSuffix("rolled back to revision 1\n"))
                try await deployer.signal("TERM")
                #expect(try await deployer.exit() == .exited(0))
            }
        }
    }
}
