import AMQP
import Contracts
import Logging
import Metrics
import Synchronization
import TestSupport
import Testing

@testable import Messaging
@testable import Runtime

/// What this process counts.
private let registry: MetricsRegistry = {
    let registry = MetricsRegistry()
    MetricsSystem.bootstrap(registry)
    return registry
}()

/// Records what it was given and fails as told.
private final class Recorder: MessageHandler {
    typealias Incoming = JobHeartbeat
    private let failure: (any Error)?
    private let contexts = Mutex<[MessageContext]>([])

    init(failing failure: (any Error)? = nil) {
        self.failure = failure
    }

    var seen: [MessageContext] { contexts.withLock { $0 } }

    func handle(_ message: JobHeartbeat, _ context: MessageContext) async throws {
        contexts.withLock { $0.append(context) }
        if let failure { throw failure }
    }
}

private struct Lookup: RequestHandler {
    typealias Incoming = RepositoryLookup

    func answer(_ request: RepositoryLookup, _ context: MessageContext) async throws -> RepositoryLookupReply {
        guard request.repository.rawValue != "broken" else {
            throw Problem(code: "broken", message: "as asked for")
        }
        return .found(.init(cloneURL: "https://git.example/\(request.repository).git"))
    }
}

private let heartbeat = JobHeartbeat(job: JobID(rawValue: "j1"), run: RunID(rawValue: "r1"), attempt: 1)
private let logger = Logger(label: "messaging-tests")

/// A bus on a virtual host of the test's own, with the services that run beside the test.
private func withBus(
    _ body: @escaping @Sendable (Bus, Broker) async throws -> Void
) async throws {
    try await VirtualHost.with { host in
        let configuration = try BrokerConfiguration(url: host.url, connectionName: "messaging-tests")
        let topology = MessageMap.topology(with: [MessageMap.build(pool: "default")])
        let broker = Broker(configuration, topology: topology, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await broker.run() }
            try await body(Bus(broker: broker, service: "test"), broker)
            group.cancelAll()
        }
    }
}

/// Runs `service` for the time of `body`.
private func with(
    _ service: @escaping @Sendable () async throws -> Void, _ body: () async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await service() }
        try await body()
        group.cancelAll()
    }
}

@Suite struct DeliveryRulesTests {
    @Test func aMessageReachesItsHandlerOnceWithItsContext() async throws {
        try await withBus { bus, _ in
            let recorder = Recorder()
            let consumer = QueueConsumer(
                bus: bus, queue: MessageMap.pipeline, prefetch: 10, handlers: [recorder], logger: logger)
            try await with(consumer.run) {
                try await bus.send(heartbeat, id: MessageID(rawValue: "m1"), run: RunID(rawValue: "r1"))
                try await eventually("it is handled") { recorder.seen.count == 1 }
            }
            #expect(recorder.seen.map(\.id) == [MessageID(rawValue: "m1")])
            #expect(recorder.seen.first?.run == RunID(rawValue: "r1"))
            #expect(recorder.seen.first?.attempt == 1)
            #expect(recorder.seen.first?.traceparent != nil)
        }
    }

    @Test func aFailedMessageComesBackAfterTheDelay() async throws {
        try await withBus { bus, _ in
            let recorder = Recorder(failing: MessageFailure.retry("not yet"))
            let consumer = QueueConsumer(
                bus: bus, queue: MessageMap.pipeline, prefetch: 10, handlers: [recorder], logger: logger)
            try await with(consumer.run) {
                try await bus.send(heartbeat, id: MessageID(rawValue: "m1"))
                try await eventually(within: .seconds(20), "it comes again") { recorder.seen.count == 2 }
            }
            #expect(recorder.seen.map(\.id) == [MessageID(rawValue: "m1"), MessageID(rawValue: "m1")])
            #expect(recorder.seen.map(\.attempt) == [1, 2])
        }
    }

    @Test func whatThereIsNoRoomForWaitsAsTheSameAttempt() async throws {
        try await withBus { bus, broker in
            let recorder = Recorder(failing: MessageFailure.later("many wait", after: RetryPolicy.later))
            let consumer = QueueConsumer(
                bus: bus, queue: MessageMap.pipeline, prefetch: 10, handlers: [recorder], logger: logger)
            try await with(consumer.run) {
                try await bus.send(heartbeat, id: MessageID(rawValue: "m1"))
                for try await delivery in broker.deliveries(
                    of: RetryPolicy.later.queue(of: MessageMap.pipeline), prefetch: 1)
                {
                    let properties = delivery.message.properties
                    #expect(properties.messageID == "m1")
                    #expect(properties.headers[Header.attempt] == .integer(1))
                    try await delivery.ack()
                    break
                }
            }
            #expect(recorder.seen.map(\.attempt) == [1])
        }
    }

    @Test func whatCannotBeHandledIsParkedWithItsReason() async throws {
        try await withBus { bus, broker in
            let recorder = Recorder(failing: MessageFailure.permanent("never"))
            let consumer = QueueConsumer(
                bus: bus, queue: MessageMap.pipeline, prefetch: 10, handlers: [recorder], logger: logger)
            func send(_ body: String, type: String?) async throws {
                try await broker.publish(
                    OutgoingMessage(
                        exchange: MessageMap.pipeline.exchange, routingKey: MessageMap.pipeline.name,
                        body: Array(body.utf8),
                        properties: MessageProperties(messageID: MessageID.make().rawValue, type: type)))
            }
            try await with(consumer.run) {
                try await send(#"{"job": "j1", "run": "r1", "attempt": 1}"#, type: "JobHeartbeat")
                try await send("{broken", type: "JobHeartbeat")
                try await send("{}", type: "JobHeartbeat")
                try await send("{}", type: "PushReceived")
                try await send("{}", type: nil)
                var reasons: [String] = []
                for try await delivery in broker.deliveries(of: MessageMap.parked.name, prefetch: 10) {
                    let headers = delivery.message.properties.headers
                    #expect(headers[Header.parkedQueue]?.string == MessageMap.pipeline.name)
                    reasons.append(headers[Header.parkedReason]?.string ?? "none")
                    try await delivery.ack()
                    if reasons.count == 5 { break }
                }
                for word in ["never", "JSON", "“job”", "“PushReceived”", "no type"] {
                    #expect(reasons.contains { $0.contains(word) }, "“\(word)” is not in \(reasons)")
                }
            }
            #expect(recorder.seen.count == 1)
        }
    }

    @Test func anAnswerGoesToWhoAskedAndToNoQueueTheyName() async throws {
        try await withBus { bus, broker in
            let server = RequestServer(
                bus: bus, queue: MessageMap.requests, handlers: [Lookup()], logger: logger)
            let request = RepositoryLookup(repository: RepositoryPath(rawValue: "shop/web"))
            try await broker.publish(
                OutgoingMessage(
                    exchange: "", routingKey: MessageMap.requests.name, body: Array(try Wire.encode(request)),
                    properties: MessageProperties(
                        messageID: MessageID.make().rawValue, type: RepositoryLookup.type,
                        replyTo: MessageMap.parked.name)))
            try await with(server.run) {
                // Answered after that one, which came first.
                _ = try await bus.call(request)
                try await broker.publish(
                    OutgoingMessage(
                        exchange: "", routingKey: MessageMap.parked.name, body: [],
                        properties: MessageProperties(type: "last")))
                for try await delivery in broker.deliveries(of: MessageMap.parked.name, prefetch: 1) {
                    #expect(delivery.message.properties.type == "last")
                    try await delivery.ack()
                    break
                }
            }
        }
    }

    @Test func requestsAreAnswered() async throws {
        try await withBus { bus, _ in
            let server = RequestServer(
                bus: bus, queue: MessageMap.requests, handlers: [Lookup()], logger: logger)
            try await with(server.run) {
                let reply = try await bus.call(RepositoryLookup(repository: RepositoryPath(rawValue: "shop/web")))
                #expect(reply == .found(.init(cloneURL: "https://git.example/shop/web.git")))
                let problem = await #expect(throws: Problem.self) {
                    try await bus.call(RepositoryLookup(repository: RepositoryPath(rawValue: "broken")))
                }
                #expect(problem?.message == "as asked for")
                let unknown = await #expect(throws: Problem.self) {
                    try await bus.call(JobClaim(job: JobID(rawValue: "j"), attempt: 1, worker: "w"))
                }
                #expect(unknown?.code == "unknown_request")
            }
        }
    }

    @Test func aRequestNobodyAnswersTimesOut() async throws {
        try await withBus { bus, _ in
            let error = await #expect(throws: AMQPError.self) {
                try await bus.call(
                    RepositoryLookup(repository: RepositoryPath(rawValue: "shop/web")), timeout: .milliseconds(300))
            }
            #expect(error?.code == .timedOut)
        }
    }

    private func send(_ id: String, chain: String, by bus: Bus) async throws {
        var message = try PreparedMessage(heartbeat, id: MessageID(rawValue: id))
        message.run = RunID(rawValue: chain)
        try await bus.publish(message)
    }

    @Test func whatMustNotLoseItsPlaceIsHandledAgainWhereItIs() async throws {
        try await withBus { bus, _ in
            for (id, chain) in [("a1", "a"), ("a2", "a"), ("b1", "b"), ("c1", "c"), ("d1", "d")] {
                try await send(id, chain: chain, by: bus)
            }
            let seen = Mutex<[String]>([])
            let full = Mutex(true)
            // One lane for each letter.
            let loop = DeliveryLoop(
                bus: bus, queue: MessageMap.pipeline, prefetch: 10,
                order: .lanes(64) { $0.properties.correlationID ?? "" }, failure: .stay(every: .milliseconds(50)),
                logger: logger)
            try await with({
                try await loop.run { _, context in
                    seen.withLock { $0.append(context.id.rawValue) }
                    if context.id.rawValue == "a1", full.withLock({ $0 }) { throw MessageFailure.retry("full") }
                }
            }) {
                // The others do not wait for it, unless chance put them all into its lane.
                try await eventually("the others") {
                    seen.withLock { !$0.filter { !$0.hasPrefix("a") }.isEmpty && $0.filter { $0 == "a1" }.count > 2 }
                }
                #expect(seen.withLock { !$0.contains("a2") })
                full.withLock { $0 = false }
                try await eventually("all") { seen.withLock { Set($0).count == 5 } }
            }
        }
    }

    @Test func whatFailsGoesBackToItsQueueWhereThereIsNoLaterForIt() async throws {
        try await withBus { bus, broker in
            try await send("a1", chain: "a", by: bus)
            let attempts = Mutex<[MessageContext]>([])
            let loop = DeliveryLoop(
                bus: bus, queue: MessageMap.pipeline, prefetch: 1, order: .serial,
                failure: .requeue(after: .milliseconds(10)), logger: logger)
            try await with({
                try await loop.run { _, context in
                    if attempts.withLock({
                        $0.append(context)
                        return $0.count
                    }) < 3 {
                        throw MessageFailure.retry("no")
                    }
                }
            }) {
                try await eventually("the third") { attempts.withLock { $0.count == 3 } }
            }
            #expect(attempts.withLock { $0.map(\.attempt) } == [1, 1, 1])
            #expect(attempts.withLock { $0.map(\.redelivered) } == [false, true, true])
        }
    }

    /// Such as the platform's database: half an hour of it would park everything that came meanwhile.
    @Test func anOutageIsWaitedForAndCountsAsNoAttempt() async throws {
        struct Away: OutageError { var isOutage = true }
        try await withBus { bus, broker in
            try await send("a1", chain: "a", by: bus)
            let attempts = Mutex<[Int]>([])
            let loop = DeliveryLoop(
                bus: bus, queue: MessageMap.pipeline, prefetch: 1, failure: .retry,
                outage: .init(every: .milliseconds(5)), logger: logger)
            try await with({
                try await loop.run { _, context in
                    if attempts.withLock({
                        $0.append(context.attempt)
                        return $0.count
                    }) < 3 * RetryPolicy.attempts {
                        throw Away()
                    }
                }
            }) {
                try await eventually("it is handled") {
                    attempts.withLock { $0.count == 3 * RetryPolicy.attempts }
                }
            }
            #expect(attempts.withLock { Set($0) == [1] })
            // A long one: it makes room, and comes again later as the same attempt.
            try await send("a2", chain: "a", by: bus)
            let patient = DeliveryLoop(
                bus: bus, queue: MessageMap.pipeline, prefetch: 1, failure: .retry,
                outage: .init(every: .milliseconds(5), hold: .milliseconds(50)), logger: logger)
            try await with({ try await patient.run { _, _ in throw Away() } }) {
                for try await delivery in broker.deliveries(
                    of: RetryPolicy.later.queue(of: MessageMap.pipeline), prefetch: 1)
                {
                    #expect(delivery.message.properties.messageID == "a2")
                    #expect(delivery.message.properties.headers[Header.attempt]?.integer == 1)
                    try await delivery.ack()
                    break
                }
            }
        }
    }

    /// The broker parks what came back fifty times, as a platform that does not answer claims makes wakes do.
    @Test func whatIsGivenBackInGoodOrderIsNeverParkedForIt() async throws {
        try await withBus { bus, broker in
            try await send("a1", chain: "a", by: bus)
            let count = Mutex(0)
            let loop = DeliveryLoop(
                bus: bus, queue: MessageMap.pipeline, prefetch: 1, order: .serial, failure: .requeue(after: .zero),
                logger: logger)
            try await with({
                try await loop.run { _, context in
                    let number = count.withLock { count in
                        count += 1
                        return count
                    }
                    #expect(context.id.rawValue == "a1" && context.attempt == 1)
                    if number < 120 { throw MessageFailure.retry("nobody answers") }
                }
            }) {
                try await eventually("the last one") { count.withLock { $0 == 120 } }
            }
        }
    }

    /// Such as the platform's database is away: the message has to find back to its queue when it is sent again.
    @Test(.timeLimit(.minutes(1))) func whatTheBrokerParkedKeepsItsQueueHoweverOftenItIsGivenBack() async throws {
        try await withBus { bus, broker in
            // It waited for a retry before, which the broker notes as well.
            var message = try PreparedMessage(heartbeat, id: MessageID(rawValue: "a1")).outgoing
            (message.exchange, message.routingKey) = (MessageMap.pipeline.again, RetryPolicy.delays[0].name)
            try await broker.publish(message)
            var returns = 0
            for try await delivery in broker.deliveries(of: MessageMap.pipeline.name, prefetch: 1) {
                returns += 1
                try await delivery.requeue()
                if returns > Queue.deliveryLimit { break }
            }
            let queues = Mutex<[String?]>([])
            let loop = DeliveryLoop(
                bus: bus, queue: MessageMap.parked, prefetch: 1, order: .serial, failure: .requeue(after: .zero),
                logger: logger)
            try await with({
                try await loop.run { message, _ in
                    let count = queues.withLock {
                        $0.append(message.parkedQueue)
                        return $0.count
                    }
                    if count < 60 { throw MessageFailure.retry("the database is away") }
                }
            }) {
                try await eventually(within: .seconds(20), "it is taken") { queues.withLock { $0.count == 60 } }
            }
            #expect(queues.withLock { Set($0) } == [MessageMap.pipeline.name])
        }
    }

    @Test func logsHaveABrokerOfTheirOwnAndAreParkedWhereEverythingIs() async throws {
        try await withBus { bus, broker in
            try await VirtualHost.with { host in
                try await Broker.with(host.url, topology: MessageMap.logTopology) { logBroker in
                    let logs = Bus(broker: logBroker, service: "test")
                    let seen = Mutex<[Int]>([])
                    struct Chunks: MessageHandler {
                        let handle: @Sendable (LogChunk, MessageContext) throws -> Void
                        func handle(_ message: LogChunk, _ context: MessageContext) async throws {
                            try handle(message, context)
                        }
                    }
                    let handler = Chunks { chunk, context in
                        seen.withLock { $0.append(context.attempt) }
                        if chunk.step == "gap", context.attempt == 1 { throw MessageFailure.retry("a gap") }
                        if chunk.step == "unknown" { throw MessageFailure.permanent("no such step") }
                    }
                    let consumer = QueueConsumer(
                        bus: logs, parking: bus, queue: MessageMap.logs, prefetch: 10, handlers: [handler],
                        logger: logger)
                    func chunk(_ step: String) -> LogChunk {
                        LogChunk(
                            job: heartbeat.job, run: heartbeat.run, attempt: 1, step: step, offset: 0, text: "x",
                            times: [])
                    }
                    try await with(consumer.run) {
                        try await logs.send(chunk("unknown"))
                        for try await delivery in broker.deliveries(of: MessageMap.parked.name, prefetch: 1) {
                            let headers = delivery.message.properties.headers
                            #expect(headers[Header.parkedQueue]?.string == MessageMap.logs.name)
                            #expect(headers[Header.parkedReason]?.string == "no such step")
                            try await delivery.ack()
                            break
                        }
                        try await logs.send(chunk("gap"))
                        try await eventually("the retry") { seen.withLock { $0 == [1, 1, 2] } }
                    }
                }
            }
        }
    }

    @Test func aBusyWorkerHoldsNoMessage() async throws {
        try await withBus { bus, broker in
            let queue = MessageMap.build(pool: "default")
            for number in 1...3 {
                try await bus.send(
                    BuildRequested(job: JobID(rawValue: "j\(number)"), run: RunID(rawValue: "r"), attempt: 1), to: queue
                )
            }
            let taken = try await bus.take(BuildRequested.self, from: queue, logger: logger) { message, _ in
                message.job.rawValue == "j1" ? .drop : .take(message.job)
            }
            #expect(taken == JobID(rawValue: "j2"))
            // Another worker gets the last one at once, though the first is still at work.
            let other = try await within(.seconds(5), "the other worker's turn") {
                try await bus.take(BuildRequested.self, from: queue, logger: logger) { message, _ in .take(message.job)
                }
            }
            #expect(other == JobID(rawValue: "j3"))
        }
    }

    @Test func workersHearAnnouncementsAndCountThem() async throws {
        _ = registry
        try await withBus { bus, _ in
            let cancelled = JobCancelled(
                job: JobID(rawValue: "j1"), run: RunID(rawValue: "r1"), attempt: 2, reason: "asked for")
            let heard = Mutex<[JobCancelled]>([])
            try await with({
                for try await message in bus.announcements(JobCancelled.self, logger: logger) {
                    heard.withLock { $0.append(message) }
                }
            }) {
                var garbage = try PreparedMessage(cancelled)
                garbage.body = "{\"job\":"
                try await eventually("it is heard, whatever came before it") {
                    try await bus.publish(garbage)
                    try await bus.send(cancelled)
                    return heard.withLock { $0.first == cancelled }
                }
                for outcome in ["handled", "passed"] {
                    let labels = #"{queue="slipway.control",type="JobCancelled",outcome="\#(outcome)"}"#
                    #expect(registry.rendered().contains("slipway_messages_total\(labels)"), "\(outcome)")
                }
            }
        }
    }
}
