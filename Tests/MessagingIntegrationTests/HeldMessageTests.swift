import AMQP
import Contracts
import FoundationEssentials
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Messaging

/// What a service of before does with messages of a newer version, on a real broker.
@Suite struct HeldMessageTests {
    private struct Heartbeats: MessageHandler {
        let handle: @Sendable (MessageContext) -> Void
        func handle(_ message: JobHeartbeat, _ context: MessageContext) async throws { handle(context) }
    }

    private let logger = Logger(label: "held-message-tests")
    private let body = #"{"job": "j1", "run": "r1", "attempt": 1}"#

    private func with(_ body: @escaping @Sendable (Bus, Broker) async throws -> Void) async throws {
        try await VirtualHost.with { host in
            let topology = MessageMap.topology(with: [MessageMap.build(pool: "default")])
            try await Broker.with(host.url, topology: topology) { broker in
                try await body(Bus(broker: broker, service: "test"), broker)
            }
        }
    }

    private func send(
        _ id: String, _ type: String, version: Int64 = 1, attempt: Int64 = 1, heldSince: Timestamp? = nil,
        to queue: Messaging.Queue = MessageMap.pipeline, by broker: Broker
    ) async throws {
        var headers: [String: HeaderValue] = [
            Header.version: .integer(version), Header.attempt: .integer(attempt),
        ]
        if let heldSince { headers[Header.heldSince] = .integer(heldSince.milliseconds) }
        try await broker.publish(
            OutgoingMessage(
                exchange: queue.exchange, routingKey: queue.name, body: Array(body.utf8),
                properties: MessageProperties(messageID: id, type: type, headers: headers)))
    }

    @Test func whatIsNewerIsHeldAsTheSameAttemptAndKeepsNothingBack() async throws {
        try await with { bus, broker in
            let seen = Mutex<[String]>([])
            let consumer = QueueConsumer(
                bus: bus, queue: MessageMap.pipeline, prefetch: 1,
                handlers: [Heartbeats { context in seen.withLock { $0.append(context.id.rawValue) } }], logger: logger)
            try await send("m1", JobHeartbeat.type, version: 99, attempt: 3, by: broker)
            try await send("m2", "Unheard", by: broker)
            try await send("m3", JobHeartbeat.type, by: broker)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await consumer.run() }
                var held: [String: [String: HeaderValue]] = [:]
                let place = HeldMessages.delay.queue(of: MessageMap.pipeline)
                #expect(place == "slipway.again.pipeline.held")
                for try await delivery in broker.deliveries(of: place, prefetch: 10) {
                    held[delivery.message.properties.messageID ?? ""] = delivery.message.properties.headers
                    try await delivery.ack()
                    if held.count == 2 { break }
                }
                #expect(held["m1"]?[Header.attempt] == .integer(3))
                #expect(held["m2"]?[Header.attempt] == .integer(1))
                for headers in held.values { #expect(headers[Header.heldSince]?.integer != nil) }
                try await eventually("what came after them is handled") { seen.withLock { $0 == ["m3"] } }
                group.cancelAll()
            }
        }
    }

    @Test func whatWasHeldForAWeekIsParked() async throws {
        try await with { bus, broker in
            let consumer = QueueConsumer(
                bus: bus, queue: MessageMap.pipeline, prefetch: 1, handlers: [Heartbeats { _ in }], logger: logger)
            try await send(
                "m1", "Unheard", heldSince: Timestamp.now.adding(.zero - HeldMessages.limit), by: broker)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await consumer.run() }
                for try await delivery in broker.deliveries(of: MessageMap.parked.name, prefetch: 1) {
                    let reason = delivery.message.properties.headers[Header.parkedReason]?.string ?? ""
                    #expect(reason.hasPrefix("it was held for 7 days: “Unheard” is not known to this version"))
                    try await delivery.ack()
                    break
                }
                group.cancelAll()
            }
        }
    }

    /// The platform of before declares no such queue, and a service with a login of its own may not.
    @Test func whereNothingIsDeclaredForItADelayHoldsIt() async throws {
        try await VirtualHost.with { host in
            var topology = MessageMap.topology()
            let held = HeldMessages.delay.queue(of: MessageMap.pipeline)
            topology.queues.removeAll { $0.name == held }
            topology.bindings.removeAll { $0.queue == held }
            try await Broker.with(host.url, topology: topology) { [logger] broker in
                let consumer = QueueConsumer(
                    bus: Bus(broker: broker, service: "test"), queue: MessageMap.pipeline, prefetch: 1,
                    handlers: [Heartbeats { _ in }], logger: logger)
                try await send("m1", "Unheard", by: broker)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await consumer.run() }
                    for try await delivery in broker.deliveries(of: "slipway.again.pipeline.5min", prefetch: 1) {
                        #expect(delivery.message.properties.messageID == "m1")
                        try await delivery.ack()
                        break
                    }
                    group.cancelAll()
                }
            }
        }
    }

    /// Jobs are asked for all the same, so that nothing is lost with it, and it takes no turn of the worker.
    @Test func aNewerWakeIsPassedOver() async throws {
        try await with { bus, broker in
            let queue = MessageMap.build(pool: "default")
            try await send("m1", BuildRequested.type, version: 99, to: queue, by: broker)
            try await bus.send(
                BuildRequested(job: JobID(rawValue: "j2"), run: RunID(rawValue: "r"), attempt: 1), to: queue)
            let taken = try await within(.seconds(10), "the next wake") {
                try await bus.take(BuildRequested.self, from: queue, logger: logger) { wake, _ in .take(wake.job) }
            }
            #expect(taken == JobID(rawValue: "j2"))
        }
    }

    @Test func aNewerRequestIsAnsweredWithThat() async throws {
        struct Lookup: RequestHandler {
            typealias Incoming = RepositoryLookup
            func answer(_ request: RepositoryLookup, _ context: MessageContext) async throws -> RepositoryLookupReply {
                .unknown
            }
        }
        try await with { bus, broker in
            let server = RequestServer(bus: bus, queue: MessageMap.requests, handlers: [Lookup()], logger: logger)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await server.run() }
                var request = try PreparedMessage(RepositoryLookup(repository: RepositoryPath(rawValue: "shop/web")))
                request.version = 2
                let reply = try await broker.call(request.outgoing)
                let problem = try Wire.decode(Problem.self, from: Data(reply.body))
                #expect(problem.code == "newer_request" && problem.isOfOlderPeer)
                #expect(problem.message.contains("update test"))
                group.cancelAll()
            }
        }
    }
}
