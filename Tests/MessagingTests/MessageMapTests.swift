import AMQP
import Contracts
import Testing

@testable import Messaging

@Suite struct MessageMapTests {
    @Test func everyMessageHasOneRoute() {
        let types = MessageMap.table.map { $0.message.type }
        #expect(Set(types).count == types.count)
        for entry in MessageMap.table {
            #expect(!entry.producers.isEmpty && !entry.consumers.isEmpty, "\(entry.message.type)")
        }
    }

    private static let topology = MessageMap.topology(
        with: [MessageMap.build(pool: "default"), MessageMap.build(pool: "gpu"), MessageMap.deploy(cluster: "default")])

    @Test func everyRouteIsDeclared() {
        let exchanges = Set(Self.topology.exchanges.map(\.name))
        let bound = Set(Self.topology.bindings.map { "\($0.exchange) \($0.routingKey) \($0.queue)" })
        for entry in MessageMap.table {
            switch entry.route {
            case .queue(let queue):
                #expect(bound.contains("\(queue.exchange) \(queue.name) \(queue.name)"), "\(entry.message.type)")
            case .fanout(let exchange): #expect(exchanges.contains(exchange), "\(entry.message.type)")
            case .wake: #expect(!entry.exchanges.isEmpty && exchanges.isSuperset(of: entry.exchanges))
            }
        }
        for line in [
            "slipway.to.sync slipway.sync slipway.sync", "slipway.to.build slipway.build.gpu slipway.build.gpu",
            "slipway.to.deploy slipway.deploy.default slipway.deploy.default",
            "slipway.to.parked slipway.parked slipway.parked", "slipway slipway.parked slipway.parked",
            "slipway.again.sync 5s slipway.again.sync.5s",
            "slipway.again.build.gpu slipway.build.gpu slipway.build.gpu",
        ] {
            #expect(bound.contains(line), "\(line)")
        }
    }

    /// Whoever may use an exchange reaches all that is bound to it.
    @Test func anExchangeLeadsToOneQueueOrToThoseOfOneKindOfWorker() {
        for (exchange, bindings) in Dictionary(grouping: Self.topology.bindings, by: \.exchange) {
            guard exchange.hasPrefix("slipway.") else { continue }
            let ends = Set(bindings.map(\.queue).filter { !$0.hasPrefix("slipway.again.") })
            let isShared = ["slipway.to.build", "slipway.to.deploy"].contains(exchange)
            #expect(isShared ? ends.count >= 1 : ends.count == 1, "\(exchange): \(ends)")
        }
    }

    /// What waits comes back to its own queue, whatever routing keys its sender gave it.
    @Test func aRetryLeadsToItsOwnQueueAlone() {
        let waiting = Self.topology.queues.filter { $0.name.hasPrefix("slipway.again.") }
        #expect(waiting.count == 3 * (RetryPolicy.delays.count + 1))
        for queue in waiting {
            let key = queue.arguments["x-dead-letter-routing-key"]?.string ?? ""
            #expect(queue.name.hasPrefix("slipway.again.\(key.dropFirst("slipway.".count))."))
            #expect(queue.arguments["x-dead-letter-exchange"]?.string == MessageMap.exchange(of: key))
        }
    }

    /// A message that is dead-lettered in a circle without being rejected is dropped by the broker, so no dead letter
    /// of a work queue may lead to a delay queue. What an earlier version declared cannot be declared otherwise.
    @Test func noDeadLetterCircle() {
        for queue in Self.topology.queues where !queue.name.hasPrefix("slipway.again.") {
            if let key = queue.arguments["x-dead-letter-routing-key"] {
                #expect(key == .string("slipway.parked"))
                #expect(queue.arguments["x-dead-letter-exchange"] == .string("slipway"))
            }
        }
    }

    @Test func whatAnEarlierVersionKeptGoesWhereItIsToGo() {
        let kept = PreparedMessage(
            id: MessageID(rawValue: "m1"), type: "PushReceived", version: 1, exchange: "slipway",
            routingKey: "slipway.sync", body: "{}")
        #expect(kept.outgoing.exchange == "slipway.to.sync")
    }

    @Test func aLoginIsThatOfItsService() {
        for user in BrokerUser.all(pools: ["default", "gpu"], clusters: [["east", "west"], ["payments.east"]]) {
            let service = BrokerUser.service(of: user.name)
            #expect(
                service.map { user.name.hasPrefix("slipway-\($0)") }
                    ?? ["slipway-events", "slipway-operator"].contains(user.name))
            #expect(user.tags.isEmpty == (user.name != "slipway-operator"))
        }
        for login in ["guest", "slipway", "slipway-", "slipway-builder", "slipway-syncer", "sync"] {
            #expect(BrokerUser.service(of: login) == nil, "\(login)")
        }
    }

    @Test func aNameIsNoPattern() {
        let users = BrokerUser.all(pools: ["a.b"], clusters: [["c|.*"]])
        #expect(users.contains { $0.permissions.read.contains(#"(slipway\.build\.a\.b|"#) })
        #expect(users.contains { $0.permissions.read.contains(#"slipway\.deploy\.c\|\.\*"#) })
    }

    @Test func aPoolsWakesAreOneQueueWhateverTheLabels() {
        #expect(MessageMap.wakes(of: WorkerScope(labels: ["gpu", "arm64"])).name == "slipway.build.default")
        #expect(MessageMap.wakes(of: WorkerScope(pool: "arm", labels: ["gpu"])).name == "slipway.build.arm")
        #expect(MessageMap.wakes(of: WorkerScope(cluster: "staging")).name == "slipway.deploy.staging")
    }

    @Test func whoTakesAJobIsSaidByPoolAndLabelsOrByTheCluster() {
        #expect(WorkerScope(labels: ["b", "a"]) == WorkerScope(labels: ["a", "b"]))
        #expect(WorkerScope(labels: ["default"]) == WorkerScope())
        #expect(!WorkerScope(labels: ["gpu"]).takes(WorkerScope()))
        #expect(!WorkerScope().takes(WorkerScope(labels: ["gpu"])))
        #expect(!WorkerScope(pool: "arm").takes(WorkerScope()))
        #expect(!WorkerScope(cluster: "default").takes(WorkerScope()))
        #expect(WorkerScope(cluster: "staging").takes(WorkerScope(cluster: "staging", labels: ["a"])))
        #expect(!WorkerScope(pool: "ops", cluster: "staging").takes(WorkerScope(cluster: "staging")))
    }
}

/// AMQP carries names of 255 bytes; a step, a pool and a cluster may be called anything.
@Suite struct LongNameTests {
    @Test func anIDMadeOfALongNameFitsAndIsTheSameEachTime() {
        let long = String(repeating: "ä", count: 200)
        let ids = ["\(long).started", "\(long).finished", "\(long)x.started"].map { MessageID(rawValue: $0) }
        for id in ids { #expect(id.rawValue.utf8.count <= 255) }
        #expect(Set(ids).count == 3)
        #expect(MessageID(rawValue: "\(long).started") == ids[0])
        #expect(MessageID(rawValue: ids[0].rawValue) == ids[0])
    }

    @Test func aQueueOfALongNameHasOneThatFits() {
        let long = String(repeating: "p", count: 300)
        #expect(MessageMap.build(pool: long).name.utf8.count <= 255)
        #expect(MessageMap.build(pool: long) != MessageMap.build(pool: long + "q"))
        #expect(MessageMap.deploy(cluster: String(repeating: "c", count: 300)).name.utf8.count <= 255)
    }
}

@Suite struct RetryPolicyTests {
    @Test func waitsLongerThenParks() {
        let decisions = (1...RetryPolicy.attempts).map { RetryPolicy.decide(afterAttempt: $0) }
        #expect(decisions[0] == .retry(RetryPolicy.delays[0]))
        #expect(decisions[1] == .retry(RetryPolicy.delays[1]))
        #expect(decisions[2] == .retry(RetryPolicy.delays[2]))
        #expect(decisions[RetryPolicy.attempts - 2] == .retry(RetryPolicy.delays[2]))
        #expect(decisions[RetryPolicy.attempts - 1] == .park)
        #expect(RetryPolicy.decide(afterAttempt: .max) == .park)
        #expect(RetryPolicy.decide(afterAttempt: -5) == .retry(RetryPolicy.delays[0]))
    }
}

@Suite struct PreparedMessageTests {
    private let cancelled = JobCancelled(
        job: JobID(rawValue: "j1"), run: RunID(rawValue: "r1"), attempt: 1, reason: "asked for")

    @Test func takesItsWayFromTheMap() throws {
        let message = try PreparedMessage(cancelled, id: MessageID(rawValue: "m1"), run: RunID(rawValue: "r1"))
        #expect(message.exchange == "slipway.control")
        #expect(!message.mandatory)
        let outgoing = message.outgoing
        #expect(outgoing.properties.messageID == "m1")
        #expect(outgoing.properties.type == "JobCancelled")
        #expect(outgoing.properties.correlationID == "r1")
        #expect(outgoing.properties.headers[Header.version] == nil)
    }

    @Test func saysItsVersionUnlessItIsTheFirst() {
        let message = PreparedMessage(
            id: MessageID(rawValue: "m1"), type: "JobCancelled", version: 2, exchange: "slipway.control",
            routingKey: "", body: "{}")
        #expect(message.outgoing.properties.headers[Header.version] == .integer(2))
    }

    @Test func needsAQueueWhereTheSenderChooses() throws {
        let build = BuildRequested(job: JobID(rawValue: "j1"), run: RunID(rawValue: "r1"), attempt: 1)
        let error = #expect(throws: MessagingError.self) { try PreparedMessage(build) }
        #expect(error?.message.contains("BuildRequested") == true)
        let wake = try PreparedMessage(build, to: MessageMap.build(pool: "default"))
        #expect(wake.routingKey == "slipway.build.default")
        // A pool that nobody has made yet is no error: its workers ask when they come.
        #expect(!wake.mandatory)
    }

    @Test func carriesTheTraceOn() throws {
        let parent = Traceparent.make()
        let context = MessageContext(id: .make(), run: RunID(rawValue: "r9"), traceparent: parent)
        try MessageContext.$current.withValue(context) {
            let message = try PreparedMessage(cancelled)
            #expect(message.run == RunID(rawValue: "r9"))
            #expect(message.traceparent?.prefix(35) == parent.prefix(35))
            #expect(message.traceparent != parent)
        }
    }

    @Test func anEventIsAChildOfWhatCausedIt() throws {
        let parent = Traceparent.make()
        let run = RunID(rawValue: "r9")
        try MessageContext.$current.withValue(MessageContext(id: .make(), run: run, traceparent: parent)) {
            let event = CloudEvent.buildStarted("b", origin: EventOrigin(service: "builder", run: run, id: .make()))
            let message = try PreparedMessage(event: event)
            #expect(message.run == run)
            #expect(message.traceparent?.prefix(35) == parent.prefix(35))
            #expect(message.traceparent != parent)
        }
    }

    private static var pattern: Regex<Substring> { /00-[0-9a-f]{32}-[0-9a-f]{16}-01/ }

    @Test func traceIsOfRandomHexadecimalDigits() throws {
        let traces = (0..<100).map { _ in Traceparent.make() }
        for trace in traces { #expect(trace.wholeMatch(of: Self.pattern) != nil) }
        #expect(Set(traces.map { $0.prefix(35) }).count == traces.count)
        #expect(Set(traces.map { $0.dropFirst(36).prefix(16) }).count == traces.count)
    }

    @Test(
        "what is no trace is not carried on",
        arguments: [
            "garbage", "", "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319-cb7ad6b7169203331-01",
            "00-０af7651916cd43dd8448eb211c8031-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-011",
        ])
    func malformedTrace(_ text: String) {
        let next = Traceparent.next(after: text)
        #expect(next.wholeMatch(of: Self.pattern) != nil)
        #expect(!next.contains("af7651916cd43dd8448eb211c8031"))
    }

    @Test func nextSpanOfATraceIsSampled() {
        let next = Traceparent.next(after: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")
        #expect(next.hasPrefix("00-0af7651916cd43dd8448eb211c80319c-"))
        #expect(next.hasSuffix("-01"))
        #expect(!next.contains("b7ad6b7169203331"))
    }
}
