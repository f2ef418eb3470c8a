import AMQP
import Contracts
import FoundationEssentials
import SystemPackage
import TestSupport
import Testing

/// The queue that earlier versions had for the notifier: always there, and without a bound.
@Suite struct NotifierQueueTests {
    /// As they declared it.
    private static let former = Topology(
        exchanges: [Exchange("cdevents", kind: .topic), Exchange("slipway", kind: .direct)],
        queues: [
            AMQP.Queue(
                "slipway.notifier",
                arguments: [
                    "x-queue-type": "quorum", "x-dead-letter-exchange": "slipway",
                    "x-dead-letter-routing-key": "slipway.parked", "x-dead-letter-strategy": "at-least-once",
                    "x-overflow": "reject-publish", "x-delivery-limit": 50,
                ])
        ], bindings: [Binding(queue: "slipway.notifier", exchange: "cdevents", routingKey: "#")])

    private static let count = 500

    private static func event(_ number: Int) throws -> OutgoingMessage {
        let event = CloudEvent.pushesMissed(
            ["refs/heads/main"], in: RepositoryPath(rawValue: "shop/web"), id: MessageID(rawValue: "e\(number)"),
            service: "pipeline", at: .now)
        return OutgoingMessage(
            exchange: "cdevents", routingKey: event.routingKey, body: Array(try Wire.encode(event)),
            properties: MessageProperties(
                contentType: "application/cloudevents+json", messageID: event.id.rawValue, type: event.type))
    }

    @Test(.timeLimit(.minutes(3)))
    func `What waits in it is told once and first, and it is gone then`() async throws {
        try await VirtualHost.with { host in
            try await WebhookReceiver.with { told, settings in
                try await withTemporaryDirectory { directory in
                    try await Broker.with(host.url, topology: Self.former) { broker in
                        for number in 0..<Self.count { try await broker.publish(try Self.event(number)) }
                        let notifier = ServiceProcess(
                            name: "notifier",
                            environment: settings.merging([
                                "SLIPWAY_BROKER_URL": host.url, "SLIPWAY_DATA": directory.string,
                                "SLIPWAY_ADMIN_LISTEN": "127.0.0.1:\(try LoopbackPort.free())",
                            ]) { $1 }, log: directory.appending("notifier.log"))
                        try await notifier.start()
                        do {
                            // Events go on while one queue takes the other's place.
                            for number in Self.count..<2 * Self.count {
                                try await broker.publish(try Self.event(number))
                            }
                            try await eventually(within: .seconds(90), "all are told") {
                                told.events.count >= 2 * Self.count
                            }
                            try await eventually(within: .seconds(30), "the queue of before is gone") {
                                try await broker.figures(of: "slipway.notifier") == nil
                            }
                            try await broker.publish(try Self.event(2 * Self.count))
                            try await eventually(within: .seconds(30), "the last one is told") {
                                told.events.contains { $0.id.rawValue == "e\(2 * Self.count)" }
                            }
                            let ids = told.events.map(\.id.rawValue)
                            #expect(Set(ids).count == ids.count && ids.count == 2 * Self.count + 1)
                            #expect(told.refusals.isEmpty)
                            #expect(try await broker.figures(of: "slipway.notifier.events")?.consumers == 1)
                        } catch {
                            let tail = await notifier.tail()
                            try await notifier.stop()
                            throw TestFailure("\(error)\n\(tail)")
                        }
                        try await notifier.stop()
                    }
                }
            }
        }
    }
}
