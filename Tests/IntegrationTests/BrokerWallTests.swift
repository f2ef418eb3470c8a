import AMQP
import Contracts
import FoundationEssentials
import Logging
import Messaging
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// What each login of the broker may do, tried on a node that loaded what `pipeline broker definitions` wrote.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct BrokerWallTests {
    /// Whom each login may publish to, and which queues it may consume. Everything else is refused.
    private static let table: [String: (publishes: Set<String>, consumes: Set<String>)] = [
        "slipway-webhook-gateway": (["slipway.to.sync", "slipway.to.pipeline.rpc"], []),
        "slipway-sync": (
            ["slipway.to.pipeline", "slipway.to.pipeline.rpc", "slipway.to.parked", "slipway.again.sync", "cdevents"],
            ["slipway.sync"]
        ),
        "slipway-builder-default": (workers.union(["slipway.again.build.default"]), ["slipway.build.default"]),
        "slipway-builder-gpu": (workers.union(["slipway.again.build.gpu"]), ["slipway.build.gpu"]),
        "slipway-deployer-default": (workers.union(["slipway.again.deploy.default"]), ["slipway.deploy.default"]),
        "slipway-deployer-east+west": (
            workers.union(["slipway.again.deploy.east", "slipway.again.deploy.west"]),
            ["slipway.deploy.east", "slipway.deploy.west"]
        ),
        "slipway-deployer-payments.east": (
            workers.union(["slipway.again.deploy.payments.east"]), ["slipway.deploy.payments.east"]
        ),
        "slipway-notifier": (["slipway.to.parked", "slipway.again.notifier.events"], []),
        "slipway-events": ([], []),
    ]

    private static let workers: Set = [
        "slipway.to.pipeline", "slipway.to.pipeline.rpc", "slipway.to.logs", "slipway.to.parked", "cdevents",
    ]

    private static let topology = MessageMap.topology(
        with: ["default", "gpu"].map(MessageMap.build)
            + ["default", "east", "west", "payments.east"].map(MessageMap.deploy))

    @Test func eachLoginMayDoWhatTheTableAllowsAndNothingElse() async throws {
        try await Self.withNode { node, address in
            #expect(try await node.control("list_queues", "name").contains("slipway.deploy.west"))
            let queues = Self.topology.queues.map(\.name)
            let exchanges = Self.topology.exchanges.map(\.name) + ["", "amq.direct", "amq.topic", "amq.fanout"]
            for (login, allowed) in Self.table {
                let url = try address(login)
                try await Broker.with(url) { broker in
                    for exchange in exchanges {
                        // A key that leads to no queue: being allowed leaves nothing behind.
                        let message = OutgoingMessage(exchange: exchange, routingKey: "nowhere", body: [])
                        let isAllowed = await Self.code { try await broker.publish(message) } != .accessRefused
                        #expect(
                            isAllowed == allowed.publishes.contains(exchange), "\(login) publishes to '\(exchange)'")
                    }
                    for queue in queues {
                        let deliveries = broker.deliveries(of: queue, prefetch: 1)
                        let isAllowed = await Self.code { try await deliveries.started() } != .accessRefused
                        #expect(isAllowed == allowed.consumes.contains(queue), "\(login) consumes \(queue)")
                    }
                }
                // Nobody makes an exchange or a queue, nor leads messages elsewhere.
                for stray in [
                    Topology(exchanges: [Exchange("slipway.stray", kind: .fanout)]),
                    Topology(queues: [.quorum("slipway.stray")]), Topology(queues: [.quorum("slipway.build.stray")]),
                ] {
                    #expect(await Self.declares(stray, url) == .accessRefused, "\(login)")
                }
                for own in [
                    Topology(exchanges: [Exchange("my-stray", kind: .fanout)]), Topology(queues: [.quorum("my-stray")]),
                ] {
                    let refused: AMQPError.Code? = login == "slipway-events" ? nil : .accessRefused
                    #expect(await Self.declares(own, url) == refused, "\(login)")
                }
                for queue in queues {
                    for exchange in ["slipway.to.build", "slipway.to.pipeline", "slipway.control", "cdevents"] {
                        let binding = Topology(
                            bindings: [Binding(queue: queue, exchange: exchange, routingKey: "#")])
                        #expect(
                            await Self.declares(binding, url) == .accessRefused, "\(login): \(queue) to \(exchange)")
                    }
                }
            }
        }
    }

    /// The platform reaches all that is Slipway's, and the default exchange for its answers; the operator everything.
    @Test func thePlatformReachesWhatIsSlipwaysAndTheOperatorEverything() async throws {
        try await Self.withNode { node, address in
            let queues = Self.topology.queues.map(\.name)
            let exchanges = Set(Self.topology.exchanges.map(\.name) + [""])
            let foreign = ["amq.direct", "amq.topic", "amq.fanout"]
            for (login, reachesForeign) in [("slipway-pipeline", false), ("slipway-operator", true)] {
                let url = try address(login)
                try await Broker.with(url) { broker in
                    for exchange in exchanges.union(foreign) {
                        let message = OutgoingMessage(exchange: exchange, routingKey: "nowhere", body: [])
                        let isAllowed = await Self.code { try await broker.publish(message) } != .accessRefused
                        #expect(isAllowed == (reachesForeign || exchanges.contains(exchange)), "\(login): \(exchange)")
                    }
                    for queue in queues {
                        let deliveries = broker.deliveries(of: queue, prefetch: 1)
                        #expect(await Self.code { try await deliveries.started() } == nil, "\(login) consumes \(queue)")
                    }
                }
                let stray = await Self.declares(Topology(queues: [.quorum("stray")]), url)
                #expect(stray == (reachesForeign ? nil : .accessRefused), "\(login)")
            }
            // Only the operator sees and changes more than messages.
            let users = try await node.control("-q", "list_users", "--no-table-headers").split(separator: "\n")
            #expect(users.count == Self.table.count + 2)
            for user in users {
                #expect(user.contains("[]") == !user.hasPrefix("slipway-operator"), "\(user)")
            }
        }
    }

    @Test func anAddressThatSomebodyEditedStays() async throws {
        try await withTemporaryDirectory { directory in
            _ = try await Self.define(in: directory, 5672)
            let file = directory.appending("logins/broker-url-sync")
            let written = try String(contentsOfFile: file.string, encoding: .utf8)
            // Other nodes are what the command is told; another scheme and options are an operator's.
            _ = try await Self.define(in: directory, 5673)
            let moved = try String(contentsOfFile: file.string, encoding: .utf8)
            #expect(moved == written.replacing(":5672/", with: ":5673/"))
            for edited in [
                moved.replacing("amqp://", with: "amqps://").replacing("127.0.0.1", with: "rabbit.example"),
                moved.replacing("/\n", with: "/?heartbeat=30\n"),
            ] {
                try writeFile(file, edited)
                _ = try await Self.define(in: directory, 5672)
                #expect(try String(contentsOfFile: file.string, encoding: .utf8) == edited)
            }
        }
    }

    @Test func anEventsLoginHearsEventsAndNothingElse() async throws {
        try await Self.withNode { node, address in
            for (login, own, heard) in [
                ("slipway-events", "my-tool", "cdevents"),
                ("slipway-builder-gpu", "slipway.subscription.tool", "slipway.control"),
            ] {
                let url = try address(login)
                for exchange in Self.topology.exchanges.map(\.name) {
                    let binding = Topology(
                        queues: [.quorum(own)],
                        bindings: [Binding(queue: own, exchange: exchange, routingKey: "#")])
                    let refused: AMQPError.Code? = exchange == heard ? nil : .accessRefused
                    #expect(await Self.declares(binding, url) == refused, "\(login): \(exchange)")
                }
            }
        }
    }

    /// A full disk stops whoever publishes: hooks, claims and logs.
    @Test func aQueueOfALoginsOwnHoldsSoMuchAndNoMore() async throws {
        try await Self.withNode { node, address in
            for (login, own) in [("slipway-events", "my-"), ("slipway-builder-gpu", "slipway.subscription.")] {
                let topology = Topology(
                    exchanges: [Exchange("\(own)x", kind: .fanout)], queues: [.quorum("\(own)q")],
                    bindings: [Binding(queue: "\(own)q", exchange: "\(own)x", routingKey: "")])
                try await Broker.with(try address(login), topology: topology) { broker in
                    for number in 0..<80 {
                        var body = [UInt8](repeating: 0, count: 1 << 20)
                        body[0] = UInt8(number)
                        try await broker.publish(OutgoingMessage(exchange: "\(own)x", routingKey: "", body: body))
                    }
                    var deliveries = broker.deliveries(of: "\(own)q", prefetch: 1).makeAsyncIterator()
                    let first = try #require(try await deliveries.next()).message.body[0]
                    #expect(first >= 16, "\(login): the oldest give way to what is beyond 64 MiB")
                }
            }
            // One that nobody reads goes by itself.
            let policies = try await node.control("-q", "list_policies", "--no-table-headers")
            #expect(policies.contains("\"expires\":604800000"), "\(policies)")
        }
    }

    /// An installation may have no notifier: then nothing is kept for one. One that was there and is away has so many events
    /// kept and no more, of which the oldest go and are counted.
    @Test func eventsThatNoNotifierTakesEnd() async throws {
        try await Self.withNode { node, address in
            #expect(try await Self.counts(node)["slipway.notifier.events"] == nil)
            _ = try await node.control(
                "-q", "set_policy", "--priority", "2", "--apply-to", "queues", "short",
                "^slipway\\.notifier\\.events$", #"{"max-length": 5}"#)
            // It makes its queue itself, and leads to it what it may hear.
            let own = MessageMap.topology(consuming: [MessageMap.notifier])
            try await Broker.with(try address("slipway-notifier")) { try await $0.declare(own) }
            let queue = try #require(own.queues.first)
            #expect(queue.arguments["x-max-length"]?.integer == 100_000)
            #expect(queue.arguments["x-max-length-bytes"]?.integer == 64 << 20)
            try await Broker.with(try address("slipway-pipeline")) { broker in
                for number in 0..<20 {
                    try await broker.publish(
                        OutgoingMessage(
                            exchange: "cdevents", routingKey: "dev.cdevents.test", body: Array("\(number)".utf8)))
                }
                var deliveries = broker.deliveries(of: "slipway.parked", prefetch: 1).makeAsyncIterator()
                for number in 0..<15 {
                    let delivery = try #require(try await deliveries.next())
                    #expect(delivery.message.body == Array("\(number)".utf8))
                    #expect(delivery.message.isUnheard)
                    try await delivery.ack()
                }
            }
            try await eventually(within: .seconds(30), "five are left") {
                try await Self.counts(node)["slipway.notifier.events"] == 5
            }
        }
    }

    /// A header `CC` adds routing keys that no permission looks at.
    @Test func aCarbonCopyReachesNoOtherQueue() async throws {
        try await Self.withNode { node, address in
            let keys = Self.topology.queues.map { HeaderValue.string($0.name) }
            try await Broker.with(try address("slipway-sync")) { broker in
                for (exchange, key) in [("slipway.to.pipeline", "slipway.pipeline"), ("slipway.again.sync", "5s")] {
                    try await broker.publish(
                        OutgoingMessage(
                            exchange: exchange, routingKey: key, body: Array("copied".utf8),
                            properties: MessageProperties(headers: ["CC": .array(keys), "BCC": .array(keys)])))
                }
            }
            try await eventually(within: .seconds(15), "the one that waited has come back") {
                try await Self.counts(node)["slipway.sync"] == 2
            }
            // Both ways lead to the sender's own queues and to those it may write.
            let reached = try await Self.counts(node).filter { $0.value > 0 }
            let allowed: Set = ["slipway.pipeline", "slipway.sync"]
            let delays = reached.keys.filter { $0.hasPrefix("slipway.again.sync.") }
            #expect(Set(reached.keys).subtracting(delays) == allowed, "\(reached)")
        }
    }

    @Test func theLoginOfAnEarlierVersionLosesItsTagAndItsRights() async throws {
        var earlier = ""
        func prepare(_ directory: FilePath, _ port: Int) -> String {
            "default_user = slipway\ndefault_pass = earlier"
        }
        try await PrivateBroker.with(prepare: prepare) { node in
            earlier = "amqp://slipway:earlier@127.0.0.1:\(node.port)"
            try await Broker.with(earlier, topology: MessageMap.topology()) { broker in
                try await broker.publish(
                    OutgoingMessage(exchange: MessageMap.sync.exchange, routingKey: "slipway.sync", body: [1]))
            }
            #expect(try await node.control("list_users").contains("administrator"))
            try await eventually("the queue is written down") { try node.remembers("slipway.sync") }
            try await node.kill()
            let line = try await Self.define(in: node.directory, node.port, "--former", "slipway")
            let configuration = node.directory.appending("rabbitmq.conf")
            let text = try String(contentsOfFile: configuration.string, encoding: .utf8)
            try writeFile(configuration, text.replacing(/default_.*\n/, with: "") + line + "\n")
            try await node.start()
            let users = try await node.control("list_users").split(separator: "\n").map(String.init)
            #expect(users.filter { $0.contains("[administrator]") }.map { $0.prefix(16) } == ["slipway-operator"])
            #expect(await Self.declares(Topology(), earlier) == .authentication)
            // What waited is still there, and the service's own login takes it.
            let sync = try String(
                contentsOfFile: node.directory.appending("logins/broker-url-sync").string, encoding: .utf8)
            try await Broker.with(String(sync.dropLast()), topology: MessageMap.topology(consuming: [MessageMap.sync]))
            {
                broker in
                var deliveries = broker.deliveries(of: "slipway.sync", prefetch: 1).makeAsyncIterator()
                let first = try await deliveries.next()
                #expect(first?.message.body == [1])
            }
        }
    }

    /// With the permissions alone a builder could say anything to the platform: it may write to its exchange.
    @Test func aBuilderCannotSpeakForSync() async throws {
        let seen = Seen()
        try await VirtualHost.with { host in
            let logins = try await BrokerLogins.make(on: host)
            @Sendable func url(_ service: String) throws -> String { try #require(logins[service]) }
            let delayed = SyncDelayed(
                trigger: Trigger(
                    id: MessageID(rawValue: "t1"), event: .push, repository: RepositoryPath(rawValue: "shop/web"),
                    ref: "refs/heads/main"), reason: "the server is away", retryAt: .now)
            try await Broker.with(try url("pipeline"), topology: MessageMap.topology()) { broker in
                let consumer = QueueConsumer(
                    bus: Bus(broker: broker, service: "pipeline"), queue: MessageMap.pipeline, prefetch: 8,
                    handlers: [seen], logger: .quiet)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await consumer.run() }
                    // The second one says that it is sync's, sent again.
                    for (service, id, first) in [
                        ("builder", "forged", nil), ("builder", "claimed", "slipway-sync"), ("sync", "honest", nil),
                    ] {
                        let message = try {
                            var message = try PreparedMessage(delayed, id: MessageID(rawValue: id))
                            message.sender = first
                            return message
                        }()
                        try await Broker.with(try url(service)) { other in
                            try await Bus(broker: other, service: service).publish(message)
                        }
                    }
                    var parked: Set<String> = []
                    for try await delivery in broker.deliveries(of: "slipway.parked", prefetch: 1) {
                        parked.insert(delivery.message.properties.messageID ?? "")
                        let reason = delivery.message.properties.headers[Header.parkedReason]?.string
                        #expect(reason?.contains("slipway-builder-default") == true, "\(reason ?? "")")
                        #expect(delivery.message.parkedSender == "slipway-builder-default")
                        try await delivery.ack()
                        if parked.count == 2 { break }
                    }
                    #expect(parked == ["forged", "claimed"])
                    // It failed once, and is sync's all the same when it comes again.
                    try await eventually(within: .seconds(20), "it comes again") {
                        seen.all == ["honest 1 slipway-sync", "honest 2 slipway-sync"]
                    }
                    group.cancelAll()
                }
            }
        }
    }

    /// Fails the first attempt of each.
    private final class Seen: MessageHandler {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }

        func handle(_ message: SyncDelayed, _ context: MessageContext) async throws {
            lines.withLock { $0.append("\(context.id) \(context.attempt) \(context.sender)") }
            if context.attempt == 1 { throw MessageFailure.retry("again") }
        }
    }

    // MARK: - The node

    private static func withNode(
        _ body: (PrivateBroker, _ address: (String) throws -> String) async throws -> Void
    ) async throws {
        func prepare(_ directory: FilePath, _ port: Int) async throws -> String {
            try await define(in: directory, port)
        }
        try await PrivateBroker.with(prepare: prepare) { node in
            try await body(node) { login in
                let name = login.dropFirst("slipway-".count)
                let file = node.directory.appending("logins/broker-url-\(name)").string
                return String(try String(contentsOfFile: file, encoding: .utf8).dropLast())
            }
        }
    }

    /// - Returns: the line that has the node load what was written.
    private static func define(in directory: FilePath, _ port: Int, _ more: String...) async throws -> String {
        let folder = directory.appending("logins").string
        try await runTool(
            ServiceProgram.folder.appending("pipeline").string,
            [
                "broker", "definitions", "--folder", folder, "--address", "127.0.0.1:\(port)", "--pools", "default,gpu",
                "--clusters", "default,east+west,payments.east",
            ] + more)
        // The node may run as another user.
        try await runTool("chmod", ["a+rX", directory.string])
        try await runTool("chmod", ["-R", "a+rX", folder])
        return "load_definitions = \(folder)/definitions.json"
    }

    private static func counts(_ node: PrivateBroker) async throws -> [String: Int] {
        let lines = try await node.control("-q", "list_queues", "--no-table-headers", "name", "messages")
        return Dictionary(
            lines.split(separator: "\n").compactMap { line in
                let words = line.split(separator: "\t")
                return words.count == 2 ? (String(words[0]), Int(words[1]) ?? 0) : nil
            }, uniquingKeysWith: { first, _ in first })
    }

    private static func code(_ body: () async throws -> Void) async -> AMQPError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? AMQPError)?.code
        }
    }

    /// How declaring all of it ends.
    private static func declares(_ topology: Topology, _ url: String) async -> AMQPError.Code? {
        await code {
            try await Broker.with(url, topology: topology) { broker in
                try await eventually("it is declared") {
                    if case .connected = await broker.status { true } else { false }
                }
            }
        }
    }
}
