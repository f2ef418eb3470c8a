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
    /// Whether each event's sender is checked: of a type that nobody is known to send none can be.
    private let checksSenders: Bool
    private let logger: Logger
    private let loop: DeliveryLoop

    init(bus: Bus, store: NotificationStore, outlets: [Outlet], logger: Logger) {
        self.store = store
        self.outlets = outlets
        self.logger = logger
        checksSenders = bus.login.isOwn
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

    /// Whether somebody is known to send events of this type. The sender was judged by the message's type, so that the event
    /// has to be of that.
    static func isKnown(_ event: CloudEvent, sentAs type: String?) throws(MessageFailure) -> Bool {
        guard event.type == type else {
            throw .permanent("it was sent as “\(type ?? "")”, and is an event of the type “\(event.type)”")
        }
        return MessageMap.isEmitted(event.type)
    }

    private func keep(_ message: IncomingMessage) async throws {
        let event: CloudEvent
        do {
            event = try Wire.decode(CloudEvent.self, from: Data(message.body))
        } catch {
            throw MessageFailure.permanent("it is no CloudEvent: \(error)")
        }
        if checksSenders, try !Self.isKnown(event, sentAs: message.properties.type) {
            logger.notice(
                "event of a type that this version does not know is passed over",
                metadata: ["type": "\(event.type)", "message": "\(event.id)"])
            return
        }
        let takers = outlets.filter { $0.channel.takes(event) }
        let told = try await store.add(event, body: message.body, to: takers.map(\.endpoint))
        for outlet in takers where told.contains(outlet.endpoint) {
            outlet.metrics.waiting(by: 1)
            outlet.wake.wake()
        }
    }
}
