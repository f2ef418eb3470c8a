import AMQP
import Contracts
import FoundationEssentials
import Logging
import Messaging
import ServiceLifecycle
import Storage

/// Takes events from the notifier's own queue, as any outsider would, and keeps them for each channel that takes
/// them before they are acked. Those of one run are kept one after another, in the order in which they came; runs do
/// not wait for each other.
struct EventConsumer: Service {
    let store: NotificationStore
    let outlets: [Outlet]
    private let loop: DeliveryLoop

    init(bus: Bus, store: NotificationStore, outlets: [Outlet], logger: Logger) {
        self.store = store
        self.outlets = outlets
        loop = DeliveryLoop(
            bus: bus, queue: MessageMap.notifier, prefetch: 100,
            // What waits together shares one commit.
            order: .lanes(8) { Self.chain(of: $0) },
            // What cannot be kept now, on a full disk, must not lose its place.
            failure: .stay(every: .seconds(1)), logger: logger)
    }

    func run() async throws {
        try await loop.run { message, _ in try await keep(message) }
    }

    /// The lane of a message. What is no event may be in any: ``keep(_:)`` refuses it, and says why.
    private static func chain(of message: IncomingMessage) -> String {
        guard let event = try? Wire.decode(CloudEvent.self, from: Data(message.body)) else { return "" }
        return event.data.context.chainId ?? event.id.rawValue
    }

    private func keep(_ message: IncomingMessage) async throws {
        let event: CloudEvent
        do {
            event = try Wire.decode(CloudEvent.self, from: Data(message.body))
        } catch {
            throw MessageFailure.permanent("it is no CloudEvent: \(error)")
        }
        let takers = outlets.filter { $0.channel.takes(event) }
        let told = try await store.add(event, body: message.body, to: takers.map(\.endpoint))
        for outlet in takers where told.contains(outlet.endpoint) {
            outlet.metrics.waiting(by: 1)
            outlet.wake.wake()
        }
    }
}
