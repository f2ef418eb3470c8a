import AMQP
import Contracts
import FoundationEssentials
import Logging
import Messaging
import ServiceLifecycle
import Storage

/// Takes events from the notifier's own queue, as any outsider would, and keeps them for each channel that takes
/// them before they are acked. Those of one run are kept one after another, in the order in which they came; runs do not wait for each other.
struct EventConsumer: Service {
    let broker: Broker
    let bus: Bus
    let store: NotificationStore
    let outlets: [Outlet]
    let logger: Logger

    /// How many are kept at the same time: what waits together shares one commit.
    private static let laneCount = 8

    /// A delivery with what it says, or why it says nothing.
    private struct Arrival: Sendable {
        var delivery: Delivery
        var event: Result<CloudEvent, WireError>
    }

    func run() async throws {
        let deliveries = broker.deliveries(of: MessageMap.notifier.name, prefetch: 100).cancelOnGracefulShutdown()
        try await withThrowingDiscardingTaskGroup { group in
            // The broker gives no more than the prefetch count before it has acks, which bounds the lanes.
            let lanes = (0..<Self.laneCount).map { _ in AsyncStream.makeStream(of: Arrival.self) }
            defer { for lane in lanes { lane.continuation.finish() } }
            for lane in lanes {
                group.addTask { for await arrival in lane.stream { await take(arrival) } }
            }
            for try await delivery in deliveries {
                let arrival = try Self.arrival(delivery)
                lanes[Self.lane(of: arrival)].continuation.yield(arrival)
            }
        }
    }

    private static func arrival(_ delivery: Delivery) throws -> Arrival {
        do {
            let event = try Wire.decode(CloudEvent.self, from: Data(delivery.message.body))
            return Arrival(delivery: delivery, event: .success(event))
        } catch let error as WireError {
            return Arrival(delivery: delivery, event: .failure(error))
        }
    }

    private static func lane(of arrival: Arrival) -> Int {
        guard case .success(let event) = arrival.event else { return 0 }
        let key = event.data.context.chainId ?? event.id.rawValue
        return Int(key.hashValue.magnitude % UInt(laneCount))
    }

    private func take(_ arrival: Arrival) async {
        // What cannot be kept now, on a full disk, is tried again here: back in the queue it would lose its place.
        while !Task.isCancelled {
            do {
                try await keep(arrival)
                break
            } catch {
                logger.warning("an event cannot be kept yet", metadata: ["error": "\(error)"])
                do { try await Task.sleep(for: .seconds(1)) } catch { return }
            }
        }
        do {
            try await arrival.delivery.ack()
        } catch {
            // The connection is gone: it comes again and is known by its id.
            logger.debug("ack failed", metadata: ["error": "\(error)"])
        }
    }

    private func keep(_ arrival: Arrival) async throws {
        let message = arrival.delivery.message
        switch arrival.event {
        case .success(let event):
            let takers = outlets.filter { $0.channel.takes(event) }
            let told = try await store.add(event, body: message.body, to: takers.map(\.endpoint))
            for outlet in takers where told.contains(outlet.endpoint) {
                outlet.metrics.waiting(by: 1)
                outlet.wake.wake()
            }
        case .failure(let error):
            logger.error("event is parked", metadata: ["error": "\(error)"])
            try await bus.park(message, from: MessageMap.notifier, reason: "it is no CloudEvent: \(error)")
        }
    }
}
