import AMQP
import Contracts
import FoundationEssentials
import Messaging
import Secrets
import SystemPackage
import TestSupport
import Testing

/// Several processes of one stage on one data folder, as compose gives their containers one volume; some are killed.
@Suite struct ReplicaTests {
    private static func key() -> String {
        Data((0..<32).map { _ in UInt8.random(in: .min ... .max) }).base64EncodedString()
    }

    /// One process of a stage.
    private struct Replica {
        let process: ServiceProcess
        let admin: Int
        let port: Int

        init(_ name: String, _ number: Int, in directory: FilePath, _ settings: [String: String]) throws {
            admin = try LoopbackPort.free()
            port = try LoopbackPort.free()
            process = ServiceProcess(
                name: name,
                environment: [
                    "PATH": "/usr/local/bin:/usr/bin:/bin", "SLIPWAY_ADMIN_LISTEN": "127.0.0.1:\(admin)",
                    "SLIPWAY_LISTEN": "127.0.0.1:\(port)", "SLIPWAY_DATA": directory.appending("data").string,
                    "SLIPWAY_TEST_RUN": TestEnvironment.optional("SLIPWAY_TEST_RUN") ?? "",
                ].merging(settings) { $1 }, log: directory.appending("\(name)-\(number).log"))
        }

        var client: PlatformClient {
            PlatformClient(server: "http://127.0.0.1:\(port)", gateway: "http://127.0.0.1:\(port)")
        }

        func ready() async throws {
            try await eventually(within: .seconds(30), "a replica is ready") {
                try await client.status("http://127.0.0.1:\(admin)/readyz") == 200
            }
        }
    }

    /// Starts replicas one after another and ends them in any case.
    private static func with(
        _ count: Int, of name: String, in directory: FilePath, _ settings: [String: String],
        _ body: ([Replica]) async throws -> Void
    ) async throws {
        let replicas = try (1...count).map { try Replica(name, $0, in: directory, settings) }
        do {
            for replica in replicas {
                try await replica.process.start()
                try await replica.ready()
            }
            try await body(replicas)
        } catch {
            var logs = ""
            for replica in replicas {
                logs += "---\n\(await replica.process.tail(20))\n"
                try? await replica.process.kill()
            }
            throw TestFailure("\(error)\n\(logs)")
        }
        for replica in replicas { try await replica.process.stop() }
    }

    /// Hooks spooled by three gateways while the broker is away are all published, each once, though two of them are
    /// killed meanwhile.
    @Test func gatewayPublishesWhatOthersLeft() async throws {
        try await PrivateBroker.with { broker in
            let directory = broker.directory.appending("replicas")
            try await runTool("mkdir", [directory.string])
            let key = Self.key()
            let token = HookToken(key: try SigningKey(base64: key)).token(for: RepositoryPath(rawValue: "shop/web"))
            let settings = ["SLIPWAY_BROKER_URL": broker.url, "SLIPWAY_HOOK_KEY": key]
            try await Self.with(3, of: "webhook-gateway", in: directory, settings) { gateways in
                try await broker.kill()
                var ids: Set<String> = []
                for number in 0..<12 {
                    let answer = try await gateways[number % 3].client.hook(
                        Self.push(commit: String(repeating: String(number + 1, radix: 16), count: 40)),
                        headers: [
                            "X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": token, "Idempotency-Key": "push-\(number)",
                        ])
                    #expect(answer.status == 202, "\(answer.text)")
                    ids.insert(try answer.decode(Accepted.self).id)
                }
                #expect(ids.count == 12)
                let data = directory.appending("data")
                for folder in [data, data.appending("2"), data.appending("3")] {
                    #expect(FileManager.default.fileExists(atPath: folder.appending("spool.sqlite").string))
                }
                try await gateways[0].process.kill()
                try await gateways[2].process.kill()
                try await broker.start()
                try await eventually(within: .seconds(60), "all pushes are in the queue") {
                    try await Self.queued(broker).count >= 12
                }
                try await eventually(within: .seconds(20), "the spools of those that are gone are removed") {
                    [data, data.appending("3")].allSatisfy {
                        !FileManager.default.fileExists(atPath: $0.appending("spool.sqlite").string)
                    }
                }
                #expect(try await Self.queued(broker).sorted() == ids.sorted())
                // A replica that comes back takes the place that is free, and hooks go on.
                try await gateways[0].process.start()
                try await gateways[0].ready()
                let answer = try await gateways[0].client.hook(
                    Self.push(commit: String(repeating: "f", count: 40)),
                    headers: ["X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": token])
                #expect(answer.status == 202)
                try await eventually(within: .seconds(20), "it is published") {
                    try await Self.queued(broker).count == 13
                }
            }
        }
    }

    private struct Accepted: Decodable { var id: String }

    private static func push(commit: String) throws -> [UInt8] {
        let body: JSONValue = [
            "object_kind": "push", "event_name": "push", "before": .string(String(repeating: "0", count: 40)),
            "after": .string(commit), "ref": "refs/heads/main", "checkout_sha": .string(commit),
            "user_username": "ada", "user_name": "Ada",
            "project": [
                "id": 1, "path_with_namespace": "shop/web", "git_http_url": "https://gitlab.example/shop/web.git",
                "web_url": "https://gitlab.example/shop/web", "default_branch": "main",
            ], "commits": [], "total_commits_count": 0,
        ]
        return Array(try Wire.encode(body))
    }

    /// The ids of the messages that wait for sync.
    private static func queued(_ broker: PrivateBroker) async throws -> [String] {
        struct Message: Decodable {
            struct Properties: Decodable {
                var id: String
                enum CodingKeys: String, CodingKey { case id = "message_id" }
            }
            var properties: Properties
        }
        let answer = try await broker.management.send(
            "POST", "/api/queues/%2F/slipway.sync/get",
            body: #"{"count": 100, "ackmode": "ack_requeue_true", "encoding": "auto"}"#)
        return try JSONDecoder().decode([Message].self, from: Data(answer.utf8)).map(\.properties.id)
    }

    /// Of three notifiers one tells, and the next one goes on where it was killed: each event once, in the order of its
    /// run.
    @Test func notifierGoesOnWhereAnotherWasKilled() async throws {
        try await VirtualHost.with { host in
            try await withTemporaryDirectory { directory in
                let port = try LoopbackPort.free()
                let receiver = EventRecorder()
                let settings = [
                    "SLIPWAY_BROKER_URL": host.url, "SLIPWAY_WEBHOOK_URL": "http://127.0.0.1:\(port)/told",
                    "SLIPWAY_WEBHOOK_SECRET": "whsec_\(Self.key())",
                ]
                try await Self.with(3, of: "notifier", in: directory, settings) { notifiers in
                    try await Broker.with(host.url, topology: MessageMap.topology()) { broker in
                        let bus = Bus(broker: broker, service: "test")
                        for number in 0..<20 {
                            let run = RunID(rawValue: "run-\(number % 4)")
                            let origin = EventOrigin(service: "test", run: run, id: MessageID(rawValue: "e\(number)"))
                            try await bus.emit(.pipelineRunQueued(run, pipeline: "p", origin: origin), run: run)
                        }
                    }
                    // Nobody answers at the address: all of it waits. The first try is due again after five seconds.
                    try await Task.sleep(for: .seconds(1))
                    try await notifiers[0].process.kill()
                    try await Task.sleep(for: .seconds(1))
                    try await notifiers[1].process.kill()
                    try await receiver.serve(on: port) {
                        try await eventually(within: .seconds(60), "all is told") { receiver.told.count >= 20 }
                        // Time for what would be told twice.
                        try await Task.sleep(for: .seconds(2))
                    }
                    let told = receiver.told
                    #expect(told.count == 20)
                    for run in 0..<4 {
                        let ofRun = told.filter { $0.data.context.chainId == "run-\(run)" }.map(\.id.rawValue)
                        #expect(ofRun == stride(from: run, to: 20, by: 4).map { "e\($0)" })
                    }
                }
            }
        }
    }

    /// Two sync processes on one folder fetch the pushes of the same repositories; one is killed in the middle of it. Each
    /// push is built from its own commit, and nothing that was left stands in the way.
    @Test func syncGoesOnWithTheMirrorsOfAnother() async throws {
        let port = try LoopbackPort.free()
        let mirrors = ["SLIPWAY_MIRROR_URL": "http://127.0.0.1:\(port)"]
        try await Stack.with(settings: ["sync": mirrors, "builder": ["SLIPWAY_CAPACITY": "4"]]) { stack in
            let first = try stack.service("sync")
            let admin = try LoopbackPort.free()
            let second = await first.replica(
                ["SLIPWAY_LISTEN": "127.0.0.1:\(port)", "SLIPWAY_ADMIN_LISTEN": "127.0.0.1:\(admin)"],
                log: stack.directory.appending("sync-2.log"))
            try await second.start()
            do {
                try await eventually(within: .seconds(30), "the second one is ready") {
                    try await stack.platform.status("http://127.0.0.1:\(admin)/readyz") == 200
                }
                var pushed: [(path: String, commit: String)] = []
                let repositories = try await [
                    SampleRepository("shop/web", in: stack.directory, platform: stack.platform),
                    SampleRepository("shop/api", in: stack.directory, platform: stack.platform),
                ]
                for number in 0..<10 {
                    for repository in repositories {
                        let commit = try await repository.push([
                            "number": "\(number)",
                            ".slipway.yml":
                                "name: n\nsteps:\n  - {step: n, commands: [test $(cat number) = \(number)]}\n",
                        ])
                        pushed.append((repository.path, commit))
                    }
                    if number == 5 { try await first.kill() }
                }
                for (path, commit) in pushed {
                    let run = try await stack.platform.finishedRun(path, commit: commit)
                    #expect(run.summary.state == .success, "\(run)")
                }
            } catch {
                let log = await second.tail()
                try? await second.kill()
                throw TestFailure("\(error)\n\(log)")
            }
            try await second.stop()
        }
    }

    /// Two platforms on one file would each keep their own truth on runs: the second one stands by.
    @Test func secondPipelineStandsByAndTakesOver() async throws {
        try await VirtualHost.with { host in
            try await withTemporaryDirectory { directory in
                let settings = [
                    "SLIPWAY_BROKER_URL": host.url, "SLIPWAY_HOOK_KEY": Self.key(), "SLIPWAY_MIRROR_KEY": Self.key(),
                    "SLIPWAY_SEAL_KEYS": "test:\(Self.key())",
                ]
                try await Self.with(1, of: "pipeline", in: directory, settings) { pipelines in
                    let second = try Replica("pipeline", 2, in: directory, settings)
                    try await second.process.start()
                    do {
                        try await eventually(within: .seconds(20), "it says so") {
                            await second.process.tail().contains("this one stands by")
                        }
                        // What answers for it begins beside it, and may be the later one.
                        try await eventually(within: .seconds(20), "it is not ready") {
                            try await second.client.status("http://127.0.0.1:\(second.admin)/readyz") == 503
                        }
                        try await pipelines[0].ready()
                        try await pipelines[0].process.kill()
                        try await second.ready()
                        try await second.process.kill()
                    } catch {
                        try? await second.process.kill()
                        throw error
                    }
                    try await pipelines[0].process.start()
                    try await pipelines[0].ready()
                }
            }
        }
    }

    /// Each would take some of what is meant for the other.
    @Test func aPlatformWithAnotherDatabaseOnTheSameBrokerStops() async throws {
        try await VirtualHost.with { host in
            try await withTemporaryDirectory { directory in
                let settings = [
                    "SLIPWAY_BROKER_URL": host.url, "SLIPWAY_HOOK_KEY": Self.key(), "SLIPWAY_MIRROR_KEY": Self.key(),
                    "SLIPWAY_SEAL_KEYS": "test:\(Self.key())", "SLIPWAY_PUBLIC_URL": "https://first.example",
                ]
                try await Self.with(1, of: "pipeline", in: directory, settings) { pipelines in
                    // It asks who is there for a second before it answers.
                    try await Task.sleep(for: .seconds(3))
                    let other = try Replica(
                        "pipeline", 2, in: directory,
                        settings.merging(["SLIPWAY_DATA": directory.appending("other").string]) { $1 })
                    try await other.process.start()
                    #expect(try await other.process.exit() == .exited(78))
                    let words = await other.process.tail()
                    #expect(
                        words.contains("another platform is on this broker")
                            && words.contains("https://first.example"), "\(words)")
                    // The same one again is no other.
                    try await pipelines[0].process.kill()
                    try await pipelines[0].process.start()
                    try await pipelines[0].ready()
                    try await Task.sleep(for: .seconds(2))
                    try await pipelines[0].ready()
                }
            }
        }
    }

    /// Workers on one folder have their own names: a claim is told from another's.
    @Test func workersHaveNamesOfTheirOwn() async throws {
        try await VirtualHost.with { host in
            try await withTemporaryDirectory { directory in
                let settings = [
                    "SLIPWAY_BROKER_URL": host.url, "SLIPWAY_SEAL_KEYS": "test:\(Self.key())",
                    "SLIPWAY_DOCKER_SOCKET": try TestEnvironment.required("SLIPWAY_TEST_DOCKER_SOCKET"),
                    "SLIPWAY_CLUSTERS": "host",
                ]
                try await Self.with(2, of: "deployer", in: directory, settings) { _ in
                    let data = directory.appending("data")
                    let names = try [data, data.appending("2")].map {
                        try String(
                            contentsOf: URL(filePath: $0.appending("worker-name").string), encoding: .utf8)
                    }
                    #expect(Set(names).count == 2, "\(names)")
                }
            }
        }
    }
}
