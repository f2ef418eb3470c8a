import AMQP
import Contracts
import FoundationEssentials
import HTTPClient
import SystemPackage
import TestSupport
import Testing

/// Programs of two versions, one after another and side by side, on one broker and one database.
@Suite struct VersionTests {
    /// Where the six programs of a version of before are: the tests that need them say so.
    private static let former = TestEnvironment.optional("SLIPWAY_TEST_FORMER").map { FilePath($0) }

    /// A queue that exists with other arguments is refused (406), and a service that meets that does not start.
    @Test(.timeLimit(.minutes(2))) func `The programs start on a broker with the queues of before`() async throws {
        let file = SourceTree.root.appending("Tests/MessagingTests/Golden/queues.json")
        let golden = try Wire.decode(
            [String: [String: JSONValue]].self, from: try Data(contentsOf: URL(filePath: file.string)))
        let queues = golden.filter { !$0.key.hasSuffix(".held") }.map { name, arguments in
            Queue(name, arguments: arguments.compactMapValues(Self.argument))
        }
        try await VirtualHost.with { host in
            try await Broker.with(host.url, topology: Topology(queues: queues)) { broker in
                try await eventually("they are there") {
                    if case .connected = await broker.status { true } else { false }
                }
            }
            try await Stack.with(brokerURL: host.url) { stack in
                let repository = try await SampleRepository("shop/web", in: stack.directory, platform: stack.platform)
                try await Self.push(to: repository, of: stack, expecting: "1")
            }
        }
    }

    /// RabbitMQ 4 limits how often a message may come back to queues that state no limit, and a queue that exists can state none.
    @Test func `A policy limits the queues that state no limit`() async throws {
        try await VirtualHost.with { host in
            _ = try await BrokerLogins.make(on: host)
            let limited = ["slipway.logs", "slipway.parked", "slipway.pipeline.rpc"]
            var queues: [ListedQueue] = []
            try await eventually(within: .seconds(30), "the broker's pages show the policy") {
                let text = try await host.management.send("GET", "/api/queues/\(host.name)")
                queues = try Wire.decode([ListedQueue].self, from: Data(text.utf8))
                return queues.filter { $0.policy == "slipway-returns" }.map(\.name).sorted() == limited
            }
            for queue in queues where !queue.name.hasPrefix("slipway.again.") {
                let isLimited = queue.arguments["x-delivery-limit"] != nil
                #expect(isLimited != limited.contains(queue.name), "\(queue.name)")
            }
        }
    }

    private struct ListedQueue: Decodable {
        var name: String
        var policy: String?
        var arguments: [String: JSONValue]
    }

    private static func argument(_ value: JSONValue) -> HeaderValue? {
        switch value {
        case .integer(let number): .integer(number)
        case .string(let text): .string(text)
        default: nil
        }
    }

    private static func push(
        to repository: SampleRepository, of stack: Stack, expecting number: String
    ) async throws {
        try await repository.push([
            ".slipway.yml": "steps:\n  - name: work\n    commands: [\"echo \(number)\"]\n", "number": number,
        ])
        try await eventually(within: .seconds(60), "the run of push \(number) succeeds") {
            let runs: Page<RunSummary> = try await stack.platform.send(.get, "runs").decode()
            return runs.items.contains { $0.number == Int(number) && $0.state == .success }
        }
    }

    private static func replace(_ name: String, in stack: Stack, from folder: FilePath?) async throws {
        try await stack.service(name).stop()
        try await stack.service(name).start(from: folder)
        try await stack.ready()
    }

    /// From the version of before to this one and back: `pipeline` first, then the others in any order, with a push in between.
    /// Back, `pipeline` comes last and takes its database from the copy that was made before the schema changed.
    @Test(
        .enabled(if: former != nil && !TestDatabase.isPostgreSQL, "SLIPWAY_TEST_FORMER names the programs of before"),
        .timeLimit(.minutes(5)))
    func `A push goes through whichever programs are of before`() async throws {
        try await Stack.with(programs: Self.former) { stack in
            let repository = try await SampleRepository("shop/web", in: stack.directory, platform: stack.platform)
            var number = 0
            func push() async throws {
                number += 1
                try await Self.push(to: repository, of: stack, expecting: "\(number)")
            }
            try await push()
            let stages = Stack.names.filter { $0 != "pipeline" }
            for name in ["pipeline"] + stages {
                try await Self.replace(name, in: stack, from: nil)
                try await push()
            }
            for name in stages {
                try await Self.replace(name, in: stack, from: Self.former)
                try await push()
            }
            let parked: Page<DeadLetterView> = try await stack.platform.send(.get, "dead").decode()
            // A sync of before parks the question for branches and tags, which it does not know.
            let others = parked.items.filter { $0.type != HeadsRequested.type }
            #expect(others.isEmpty, "\(others.map { "\($0.type): \($0.reason)" })")

            let pipeline = try stack.service("pipeline")
            try await pipeline.stop()
            try await pipeline.start(from: Self.former)
            let end = try await pipeline.exit()
            let text = await pipeline.tail()
            #expect(end != .exited(0) && text.contains("newer version"), "\(text)")
            let file = "\(stack.directory)/pipeline/pipeline.sqlite"
            try await runTool("sh", ["-c", "rm -f \(file)-wal \(file)-shm && mv \(file).backup \(file)"])
            try await pipeline.start(from: Self.former)
            try await stack.ready()
            // What ran since the copy is not known any more, so that numbers are given again.
            number = 1
            try await push()
        }
    }
}
