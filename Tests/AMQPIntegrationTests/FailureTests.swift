import AMQP
import TestSupport
import Testing

/// What goes wrong on a broker that is well: each ends in a typed error or in recovery.
@Suite(.timeLimit(.minutes(3)))
struct FailureTests {
    private let work = Topology(queues: [.quorum("work")])

    private func message(_ body: [UInt8] = [1], to queue: String = "work") -> OutgoingMessage {
        OutgoingMessage(exchange: "", routingKey: queue, body: body)
    }

    private func code(_ operation: () async throws -> Void) async -> AMQPError.Code? {
        do {
            try await operation()
            return nil
        } catch {
            return (error as? AMQPError)?.code
        }
    }

    @Test func messageWithoutAQueueIsUnroutableAndItsNeighboursAreNot() async throws {
        try await VirtualHost.with { host in
            try await Broker.with(host.url, topology: work) { broker in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<200 {
                        group.addTask {
                            let queue = index % 10 == 0 ? "nowhere" : "work"
                            let code = await code { try await broker.publish(message(to: queue)) }
                            #expect(code == (index % 10 == 0 ? .unroutable : nil))
                        }
                    }
                    try await group.waitForAll()
                }
                var unwanted = message(to: "nowhere")
                unwanted.mandatory = false
                try await broker.publish(unwanted)
            }
        }
    }

    @Test func messageToAMissingExchangeIsNotFoundAndItsNeighboursArrive() async throws {
        try await VirtualHost.with { host in
            try await Broker.with(host.url, topology: work) { broker in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<100 {
                        group.addTask {
                            var message = message([UInt8(index)])
                            if index == 50 { message.exchange = "missing" }
                            let code = await code { try await broker.publish(message, timeout: .seconds(60)) }
                            #expect(code == (index == 50 ? .notFound : nil))
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    /// Whoever declares it may start last: publishers and subscribers wait for an exchange, and for nothing else.
    @Test func aMissingExchangeIsWaitedFor() async throws {
        try await VirtualHost.with { host in
            try await Broker.with(host.url, topology: work) { broker in
                let heard = broker.subscribe(exchange: "late", routingKeys: [""], prefetch: 1)
                var message = message([7])
                message.exchange = "late"
                message.mandatory = false
                let late = message
                async let published: Void = broker.publish(late, timeout: .seconds(90))
                try await broker.publish(self.message([1]), timeout: .seconds(60))
                try await host.management.send(
                    "PUT", "/api/exchanges/\(host.name)/late", body: #"{"type":"fanout","durable":true}"#)
                try await published
                try await heard.started()
                try await broker.publish(late)
                var deliveries = heard.makeAsyncIterator()
                let first = try await deliveries.next()
                #expect(first?.message.body == [7])
            }
        }
    }

    @Test func queueDeclaredWithOtherArgumentsIsAPreconditionThatFailed() async throws {
        try await VirtualHost.with { host in
            try await host.management.send(
                "PUT", "/api/queues/\(host.name)/work", body: #"{"durable":true,"arguments":{}}"#)
            let error = await #expect(throws: AMQPError.self) {
                try await within(.seconds(60)) {
                    try await Broker.with(host.url, topology: work) { _ in try await never() }
                }
            }
            #expect(error?.code == .preconditionFailed)
            #expect(error?.message.contains("'work'") == true)
        }
    }

    @Test func wrongPasswordIsToldAsSuchAndNotRepeated() async throws {
        let url = try TestEnvironment.brokerURL.replacing(/:[^:@\/]*@/, with: ":not-the-word@")
        let error = await #expect(throws: AMQPError.self) {
            try await within(.seconds(60)) { try await Broker.with(url) { _ in try await never() } }
        }
        #expect(error?.code == .authentication)
        #expect(error?.description.contains("not-the-word") == false)
    }

    @Test func virtualHostThatDoesNotExistIsNotFound() async throws {
        let url = try TestEnvironment.brokerURL + "/no-such-host"
        let error = await #expect(throws: AMQPError.self) {
            try await within(.seconds(60)) { try await Broker.with(url) { _ in try await never() } }
        }
        #expect(error?.code == .notFound)
    }

    @Test func unreachableHostIsToldWhenTheTimeIsOver() async throws {
        // Nothing listens on port 1.
        try await Broker.with("amqp://guest:guest@127.0.0.1:1") { broker in
            let told = try await within(.seconds(60)) {
                await code { try await broker.publish(message(), timeout: .seconds(1)) }
            }
            #expect(told == .unreachable)
            guard case .connecting(_, let error) = await broker.status else {
                Issue.record("the status is \(await broker.status)")
                return
            }
            #expect(error?.code == .unreachable)
        }
    }

    @Test func unreachableHostAmongOthersIsPassedOver() async throws {
        try await VirtualHost.with { host in
            let url = host.url.replacing("@", with: "@127.0.0.1:1,127.0.0.1:2,")
            try await Broker.with(url, topology: work) { broker in
                try await broker.publish(message(), timeout: .seconds(10))
            }
        }
    }

    @Test func consumerOfAMissingQueueEndsInNotFound() async throws {
        try await VirtualHost.with { host in
            try await Broker.with(host.url) { broker in
                var deliveries = broker.deliveries(of: "missing", prefetch: 1).makeAsyncIterator()
                let code = await code { _ = try await deliveries.next() }
                #expect(code == .notFound)
            }
        }
    }

    @Test func deletedQueueIsDeclaredAgainAndConsumingGoesOn() async throws {
        try await VirtualHost.with { host in
            try await Broker.with(host.url, topology: work) { broker in
                var deliveries = broker.deliveries(of: "work", prefetch: 10).makeAsyncIterator()
                try await broker.publish(message([1]))
                let first = try #require(try await deliveries.next())
                try await host.management.send("DELETE", "/api/queues/\(host.name)/work")
                // Its queue is gone: the word goes nowhere, and does no harm.
                try await first.ack()
                try await eventually(within: .seconds(5), "the queue is there again") {
                    await code { try await broker.publish(message([2])) } == nil
                }
                let second = try #require(try await deliveries.next())
                #expect(second.message.body == [2])
                try await second.ack()
            }
        }
    }

    @Test func acknowledgingOnALostConnectionIsHarmless() async throws {
        try await VirtualHost.with { host in
            let forwarder = try TCPForwarder(to: brokerPort(host.url))
            defer { forwarder.stop() }
            let url = try through(forwarder, host.url)
            try await Broker.with(url, topology: work) { broker in
                try await broker.publish(message([9]))
                var deliveries = broker.deliveries(of: "work", prefetch: 10).makeAsyncIterator()
                let first = try #require(try await deliveries.next())
                forwarder.drop()
                let again = try #require(try await deliveries.next())
                #expect(again.redelivered)
                try await first.ack()
                try await again.ack()
                try await eventually(within: .seconds(10), "the queue is empty") {
                    let queue = try await host.management.send("GET", "/api/queues/\(host.name)/work")
                    return queue.contains(#""messages":0"#)
                }
            }
        }
    }

    @Test func frozenPeerIsGivenUpAndTheMessageSentAgain() async throws {
        try await VirtualHost.with { host in
            let forwarder = try TCPForwarder(to: brokerPort(host.url))
            defer { forwarder.stop() }
            let url = try through(forwarder, host.url)
            try await Broker.with(url, topology: work, configure: { $0.heartbeat = .seconds(1) }) { broker in
                try await broker.publish(message([0]))
                forwarder.set(.frozenForOld)
                // One gives up before the freeze is noticed; the other outlives it.
                async let impatient = code { try await broker.publish(message([1]), timeout: .milliseconds(500)) }
                // Twice the heartbeat, half a heartbeat to notice, and a connection: well within its time.
                try await broker.publish(message([2]), timeout: .seconds(15))
                #expect(await impatient == .indeterminate)
            }
        }
    }

    @Test func largeBodyDoesNotHoldUpAConnectionThatStands() async throws {
        try await VirtualHost.with { host in
            let forwarder = try TCPForwarder(to: brokerPort(host.url))
            defer { forwarder.stop() }
            let url = try through(forwarder, host.url)
            try await Broker.with(url, topology: work, configure: { $0.heartbeat = .seconds(1) }) { broker in
                try await broker.publish(message([0]))
                forwarder.set(.frozen)
                // More than any buffer between here and the broker takes.
                let large = [UInt8](repeating: 7, count: 60 << 20)
                async let first = code { try await broker.publish(message(large), timeout: .milliseconds(800)) }
                // Where the machine was too busy to begin, nothing was sent.
                let outcome = await first
                #expect(outcome == .indeterminate || outcome == .timedOut)
                forwarder.set(.forwarding)
                try await broker.publish(message(large), timeout: .seconds(15))
            }
        }
    }

    @Test func bodyBeyondTheLimitIsRefusedOnBothSides() async throws {
        let topology = Topology(
            queues: [
                .quorum("work", arguments: ["x-dead-letter-exchange": "", "x-dead-letter-routing-key": "parked"]),
                .quorum("parked"),
            ])
        try await VirtualHost.with { host in
            try await Broker.with(host.url, topology: topology) { broker in
                try await broker.publish(message([UInt8](repeating: 1, count: 200_000)))
                try await broker.publish(message([2]))
                try await Broker.with(host.url, topology: topology, configure: { $0.maximumBodySize = 100_000 }) {
                    small in
                    let body = [UInt8](repeating: 1, count: 100_001)
                    #expect(await code { try await small.publish(message(body)) } == .tooLarge)
                    var deliveries = small.deliveries(of: "work", prefetch: 10).makeAsyncIterator()
                    let delivery = try #require(try await deliveries.next())
                    #expect(delivery.message.body == [2])
                    try await delivery.ack()
                }
                var parked = broker.deliveries(of: "parked", prefetch: 1).makeAsyncIterator()
                let delivery = try #require(try await parked.next())
                #expect(delivery.message.body.count == 200_000)
                try await delivery.ack()
            }
        }
    }

    @Test func nameTheProtocolCannotCarryIsRefused() async throws {
        try await VirtualHost.with { host in
            try await Broker.with(host.url, topology: work) { broker in
                let long = String(repeating: "ä", count: 128)
                #expect(await code { try await broker.publish(message(to: long)) } == .invalidMessage)
                var wide = message()
                wide.properties.headers = ["x": .string(String(repeating: "x", count: 40_000))]
                #expect(await code { try await broker.publish(wide) } == .tooLarge)
            }
        }
    }

    @Test func cancelledTasksEndAtOnce() async throws {
        // Nobody answers: the forwarder takes connections and says nothing.
        let forwarder = try TCPForwarder(to: brokerPort(TestEnvironment.brokerURL))
        defer { forwarder.stop() }
        forwarder.set(.frozen)
        let url = try through(forwarder, TestEnvironment.brokerURL)
        let hasty: (inout BrokerConfiguration) -> Void = { $0.connectTimeout = .seconds(4) }
        try await Broker.with(url, configure: hasty) { broker in
            let publish = Task { await code { try await broker.publish(message()) } }
            let consume = Task {
                var deliveries = broker.deliveries(of: "work", prefetch: 1).makeAsyncIterator()
                return try await deliveries.next() == nil
            }
            // Whether they wait by then or not, the end is the same.
            for _ in 0..<1000 { await Task.yield() }
            publish.cancel()
            consume.cancel()
            // Long before the time of either is over, which would be another end.
            #expect(await publish.value == .cancelled)
            let isOver = try await consume.value
            #expect(isOver)
        }
    }

    @Test func whatIsAskedAfterTheEndIsRefused() async throws {
        try await VirtualHost.with { host in
            let broker = try await Broker.with(host.url, topology: work) { broker in
                try await broker.publish(message())
                return broker
            }
            try await eventually(within: .seconds(3)) { await broker.status == .closed }
            #expect(await code { try await broker.publish(message()) } == .closed)
            var deliveries = broker.deliveries(of: "work", prefetch: 1).makeAsyncIterator()
            #expect(await code { _ = try await deliveries.next() } == .closed)
        }
    }

    /// Eight brokers that cannot connect, and eight that cannot send, leave the threads of all tasks alone.
    @Test func threadsOfTheTasksAreNeverBlocked() async throws {
        let forwarder = try TCPForwarder(to: brokerPort(TestEnvironment.brokerURL))
        defer { forwarder.stop() }
        forwarder.set(.frozen)
        let url = try through(forwarder, TestEnvironment.brokerURL)
        let ended = Counter()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try await Broker.with(url, configure: { $0.connectTimeout = .seconds(5) }) { broker in
                        _ = await code { try await broker.publish(message(), timeout: .seconds(5)) }
                        ended.increment()
                    }
                }
            }
            group.addTask {
                // What needs such a thread again and again is done while all of them still wait.
                for _ in 0..<100_000 { await Task.yield() }
                #expect(ended.count == 0)
            }
            try await group.waitForAll()
        }
        #expect(ended.count == 8)
    }

    private func brokerPort(_ url: String) throws -> Int {
        try #require(try BrokerConfiguration(url: url, connectionName: "").endpoints.first?.port)
    }

    private func through(_ forwarder: TCPForwarder, _ url: String) throws -> String {
        let configuration = try BrokerConfiguration(url: url, connectionName: "")
        return "amqp://\(configuration.username):\(configuration.password)@127.0.0.1:\(forwarder.port)/"
            + (configuration.virtualHost == "/" ? "" : configuration.virtualHost)
    }

    private func never() async throws {
        try await Task.sleep(for: .seconds(86_400))
    }
}
