import AMQP
import Contracts
import DockerEngine
import Foundation
import Logging
import Messaging
import PipelineLanguage
import ServiceLifecycle
import Subprocess
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Builder

/// The program `builder` on a real broker, asked to end and killed in the middle of a job.
@Suite struct ServiceTests {
    /// What the platform knows of one job.
    private final class Ledger: Sendable {
        struct State {
            var claims = 0
            var started: [String] = []
            var finished: [JobFinished] = []
            var log = ""
            var events: [String] = []
        }
        private let state = Mutex(State())
        private let changes = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        var value: State { state.withLock { $0 } }

        func change(_ body: (inout State) -> Void) {
            state.withLock { body(&$0) }
            changes.continuation.yield()
        }

        func wait(_ what: String, for condition: @escaping @Sendable (State) -> Bool) async throws {
            try await within(.seconds(30), what) { [self] in
                if condition(value) { return }
                for await _ in changes.stream where condition(value) { return }
            }
        }
    }

    private struct Granting: RequestHandler {
        let grant: JobGrant
        let ledger: Ledger
        func answer(_ request: JobClaim, _ context: MessageContext) async throws -> JobClaimReply {
            guard let attempt = request.attempt else { return .refused(.init(code: .nothing, reason: "no job waits")) }
            ledger.change { $0.claims += 1 }
            var grant = grant
            grant.attempt = attempt
            return .granted(grant)
        }
    }

    private struct Starts: MessageHandler {
        let ledger: Ledger
        func handle(_ message: StepStarted, _ context: MessageContext) async throws {
            ledger.change { $0.started.append("\(message.step).\(message.attempt)") }
        }
    }

    private struct Ends: MessageHandler {
        func handle(_ message: StepFinished, _ context: MessageContext) async throws {}
    }

    private struct Beats: MessageHandler {
        func handle(_ message: JobHeartbeat, _ context: MessageContext) async throws {}
    }

    private struct Workers: MessageHandler {
        func handle(_ message: WorkerAnnounced, _ context: MessageContext) async throws {}
    }

    private struct Results: MessageHandler {
        let ledger: Ledger
        func handle(_ message: JobFinished, _ context: MessageContext) async throws {
            ledger.change { $0.finished.append(message) }
        }
    }

    private struct Logs: MessageHandler {
        let ledger: Ledger
        func handle(_ message: LogChunk, _ context: MessageContext) async throws {
            ledger.change { $0.log += message.text }
        }
    }

    @Test func aJobComesFromTheBrokerAndIsHandedBackOnShutdown() async throws {
        try await scene(["echo up; trap 'echo asked; exit 1' TERM; sleep 1000 & wait"]) { scene in
            try await scene.offer(attempt: 1)
            let builder = try await scene.start(grace: "13s")
            try await scene.ledger.wait("the step runs") { $0.log.contains("up\n") }
            try await builder.signal("TERM")
            try await scene.ledger.wait("the job is handed back") { !$0.finished.isEmpty }
            #expect(scene.ledger.value.finished.first?.outcome == .released)
            #expect(try await builder.exit() == .exited(0))
            #expect(try await scene.left().isEmpty)
            #expect(scene.ledger.value.log.contains("asked\n"))
        }
    }

    @Test func whatAKilledBuilderLeavesIsCollectedAndTheNextAttemptRuns() async throws {
        try await scene(["echo up; sleep $NAP; echo done"]) { scene in
            try await scene.offer(attempt: 1)
            let first = try await scene.start(grace: "25s")
            try await scene.ledger.wait("the step runs") { $0.log.contains("up\n") }
            try await first.signal("KILL")
            _ = try await first.exit()
            #expect(try await !scene.left().isEmpty)
            try await scene.offer(attempt: 2)
            let second = try await scene.start(grace: "25s")
            try await scene.ledger.wait("the second attempt ends") { $0.finished.contains { $0.attempt == 2 } }
            #expect(scene.ledger.value.finished.first { $0.attempt == 2 }?.outcome == .success)
            #expect(scene.ledger.value.started == ["work.1", "work.2"])
            #expect(try await scene.left().isEmpty)
            try await scene.ledger.wait("the events are told") { state in
                ["dev.cdevents.taskrun.started", "dev.cdevents.taskrun.finished"].allSatisfy(state.events.contains)
            }
            try await second.signal("TERM")
            #expect(try await second.exit() == .exited(0))
        }
    }

    @Test(
        "a builder that is not root removes what a container's root keeps to itself, with the engine's help",
        .enabled(if: geteuid() == 0, "root alone starts programs as other users"))
    func foldersOfAContainersRootAreRemoved() async throws {
        let keep = [
            "umask 077", "mkdir -p of/roots", "echo x > of/roots/file", "mkdir -m 1777 sticky", "echo x > sticky/file",
        ]
        try await scene(keep) { scene in
            try await scene.offer(attempt: 1)
            let (user, data) = (UInt32(22_031), "\(scene.scope.folder)/data")
            try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: false)
            #expect(chown(data, user, user) == 0)
            var socket = stat()
            #expect(stat(scene.scope.socket, &socket) == 0)
            let builder = try await scene.start(grace: "25s", as: (user, socket.st_gid))
            try await scene.ledger.wait("the job's end") { !$0.finished.isEmpty }
            #expect(scene.ledger.value.finished.first?.outcome == .success, "\(scene.ledger.value.finished)")
            try await builder.signal("TERM")
            #expect(try await builder.exit() == .exited(0))
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(data)/jobs") == [])
            #expect(try await scene.left().isEmpty)
        }
    }

    /// A message id of the step's name alone would be too long for AMQP.
    @Test func aStepOf240BytesIsReportedLoggedAndEnds() async throws {
        let name = String(repeating: "n", count: 240)
        try await scene(["echo up"], step: name) { scene in
            try await scene.offer(attempt: 1)
            let builder = try await scene.start(grace: "13s")
            try await scene.ledger.wait("the job's end") { !$0.finished.isEmpty }
            #expect(scene.ledger.value.finished.first?.outcome == .success)
            #expect(scene.ledger.value.started == ["\(name).1"])
            #expect(scene.ledger.value.log.contains("up\n"))
            try await scene.ledger.wait("the events are told") { state in
                ["dev.cdevents.taskrun.started", "dev.cdevents.taskrun.finished"].allSatisfy(state.events.contains)
            }
            try await builder.signal("TERM")
            #expect(try await builder.exit() == .exited(0))
        }
    }

    // MARK: The scene

    private struct Scene: Sendable {
        let scope: BuilderScope
        let broker: VirtualHost
        let bus: Bus
        let grant: JobGrant
        let ledger: Ledger
        let keys: String

        func offer(attempt: Int) async throws {
            try await bus.send(
                BuildRequested(job: grant.job, run: grant.run, attempt: attempt),
                to: MessageMap.build(pool: "default"))
        }

        /// - Parameter user: whose the builder is, with the group that may use the engine's socket.
        func start(grace: String, as user: (id: UInt32, group: UInt32)? = nil) async throws -> ServiceProgram {
            let builder = ServiceProgram.folder.appending("builder")
            var command = [builder.string]
            if let user {
                let rights = ["--reuid=\(user.id)", "--regid=\(user.group)", "--clear-groups"]
                command = ["/usr/bin/setpriv"] + rights + command
            }
            return try await ServiceProgram.start(
                path: FilePath(command[0]),
                [
                    "SLIPWAY_BROKER_URL": broker.url, "SLIPWAY_DATA": "\(scope.folder)/data", "SLIPWAY_SEAL_KEYS": keys,
                    "SLIPWAY_LABELS": "test", "SLIPWAY_DOCKER_SOCKET": scope.socket,
                    "SLIPWAY_WORKER_NAME": scope.worker, "SLIPWAY_DOCKER_LOCAL_IMAGES": "*",
                    "SLIPWAY_SHUTDOWN_GRACE": grace, "SLIPWAY_ADMIN_LISTEN": "127.0.0.1:0",
                    "PATH": "/usr/local/bin:/usr/bin:/bin",
                ], Array(command.dropFirst()), log: FilePath("\(scope.folder)/builder.log"))
        }

        func left() async throws -> [String] {
            let labels = ["slipway.dev/builder": scope.worker]
            return try await scope.engine.containers(labelled: labels).map(\.name)
                + scope.engine.networks(labelled: labels).map(\.name)
        }
    }

    private func scene(
        _ commands: [String], step: String = "work", _ body: @escaping @Sendable (Scene) async throws -> Void
    ) async throws {
        try await BuilderScope.with { scope in
            try await VirtualHost.with { host in
                let stage = Stage(
                    name: "main",
                    steps: [Step(name: step, image: scope.image, commands: commands, environment: ["NAP": "3"])])
                let grant = try scope.grant(stage)
                let ledger = Ledger()
                let topology = MessageMap.topology(with: [MessageMap.build(pool: "default")])
                try await Broker.with(host.url, topology: topology) { broker in
                    let bus = Bus(broker: broker, service: "pipeline")
                    let services = ServiceGroup(
                        services: [
                            RequestServer(
                                bus: bus, queue: MessageMap.requests,
                                handlers: [Granting(grant: grant, ledger: ledger)], logger: .quiet),
                            QueueConsumer(
                                bus: bus, queue: MessageMap.pipeline, prefetch: 1,
                                handlers: [
                                    Starts(ledger: ledger), Ends(), Beats(), Workers(), Results(ledger: ledger),
                                ],
                                logger: .quiet),
                            QueueConsumer(
                                bus: bus, queue: MessageMap.logs, prefetch: 1,
                                handlers: [Logs(ledger: ledger)], logger: .quiet),
                        ], logger: .quiet)
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask { try await services.run() }
                        group.addTask {
                            for try await delivery in broker.subscribe(
                                exchange: MessageMap.events, routingKeys: ["#"], prefetch: 16)
                            {
                                ledger.change { $0.events.append(delivery.message.routingKey) }
                                try await delivery.ack()
                            }
                        }
                        defer { group.cancelAll() }
                        try await body(
                            Scene(
                                scope: scope, broker: host, bus: bus, grant: grant, ledger: ledger, keys: scope.keyText)
                        )
                    }
                }
            }
        }
    }
}
