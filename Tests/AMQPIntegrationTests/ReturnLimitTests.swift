import AMQP
import TestSupport
import Testing

/// Queues on a broker that drops what comes back too often to a queue that states no limit, as RabbitMQ 4 does. The tests' own
/// broker may be older: it is taken for such a one, and a limit means the same to it.
@Suite(.timeLimit(.minutes(1)))
struct ReturnLimitTests {
    private static let topology = Topology(
        queues: [Queue("kept", arguments: ["x-queue-type": "quorum"], returnLimit: 500)])

    private func with(
        limitsFrom version: Int, _ host: VirtualHost, _ body: @escaping @Sendable (Broker) async throws -> Void
    ) async throws {
        try await Broker.with(
            host.url, topology: Self.topology, configure: { $0.statesLimitsFrom = version }, body)
    }

    private func isLimited(on host: VirtualHost) async throws -> Bool {
        try await host.management.send("GET", "/api/queues/\(host.name)/kept").contains(#""x-delivery-limit":500"#)
    }

    /// Sends a message and takes it.
    private func use(_ broker: Broker) async throws {
        var deliveries = broker.deliveries(of: "kept", prefetch: 1).makeAsyncIterator()
        try await broker.publish(OutgoingMessage(exchange: "", routingKey: "kept", body: [7]))
        let delivery = try #require(try await deliveries.next())
        #expect(delivery.message.body == [7])
        try await delivery.ack()
    }

    @Test func aNewQueueStatesItsLimitAndIsFoundAgain() async throws {
        try await VirtualHost.with { host in
            for _ in 0..<2 { try await with(limitsFrom: 3, host) { try await use($0) } }
            #expect(try await isLimited(on: host))
        }
    }

    /// Its arguments cannot be changed: a policy limits it.
    @Test func aQueueOfBeforeStaysAsItIs() async throws {
        try await VirtualHost.with { host in
            try await with(limitsFrom: .max, host) { try await use($0) }
            #expect(try await !isLimited(on: host))
            try await with(limitsFrom: 3, host) { try await use($0) }
            #expect(try await !isLimited(on: host))
        }
    }

    @Test func aQueueThatVanishesIsMadeAgain() async throws {
        try await VirtualHost.with { host in
            try await with(limitsFrom: 3, host) { broker in
                var deliveries = broker.deliveries(of: "kept", prefetch: 1).makeAsyncIterator()
                try await broker.publish(OutgoingMessage(exchange: "", routingKey: "kept", body: [1]))
                try await #require(try await deliveries.next()).ack()
                try await host.management.send("DELETE", "/api/queues/\(host.name)/kept")
                try await eventually("it takes messages again") {
                    do {
                        try await broker.publish(OutgoingMessage(exchange: "", routingKey: "kept", body: [2]))
                        return true
                    } catch let error as AMQPError where [.unroutable, .nacked].contains(error.code) {
                        return false
                    }
                }
                let delivery = try #require(try await deliveries.next())
                #expect(delivery.message.body == [2])
                try await delivery.ack()
            }
            #expect(try await isLimited(on: host))
        }
    }
}
