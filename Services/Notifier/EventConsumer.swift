import AMQP
import Contracts
import FoundationEssentials
import Logging
import Messaging
import ServiceLifecycle
import Storage

/// Takes events from the notifier's own queue, as any outsider would, and keeps one notification for each address
/// before the event is acked.
struct EventConsumer: Service {
    let broker: Broker
    let bus: Bus
    let store: NotificationStore
    let endpoints: [String]
    let wakes: [String: Wake]
    let logger: Logger

    func run() async throws {
        let deliveries = broker.deliveries(of: MessageMap.notifier.name, prefetch: 100).cancelOnGracefulShutdown()
        try await withThrowingDiscardingTaskGroup { group in
            for try await delivery in deliveries { group.addTask { await take(delivery) } }
        }
    }

    private func take(_ delivery: Delivery) async {
        do {
            do {
                let event = try Wire.decode(CloudEvent.self, from: Data(delivery.message.body))
                try await store.add(event, body: delivery.message.body, to: endpoints)
                for endpoint in endpoints { wakes[endpoint]?.wake() }
            } catch let error as WireError {
                logger.error("event is parked", metadata: ["error": "\(error)"])
                try await bus.park(delivery.message, from: MessageMap.notifier, reason: "it is no CloudEvent: \(error)")
            }
            try await delivery.ack()
        } catch {
            logger.warning("event goes back to its queue", metadata: ["error": "\(error)"])
            // A full disk is not to become a loop that spins.
            do {
                try await Task.sleep(for: .seconds(1))
                try await delivery.requeue()
            } catch {
                logger.debug("requeue failed", metadata: ["error": "\(error)"])
            }
        }
    }
}
