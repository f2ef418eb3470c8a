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
    private let bus: Bus

    init(bus: Bus, store: NotificationStore, outlets: [Outlet], logger: Logger) {
        self.store = store
        self.outlets = outlets
        self.logger = logger
        self.bus = bus
        checksSenders = bus.login.isOwn
    }

    func run() async throws {
        try await takeFormer()
        try await take(MessageMap.notifier)
    }

    private func take(_ queue: Messaging.Queue) async throws {
        let loop = DeliveryLoop(
            bus: bus, queue: queue, prefetch: 100,
            // What waits together shares one commit.
            order: .lanes(8) { Self.chain(of: $0) },
            // What cannot be kept now, on a full disk, must not lose its place.
            failure: .stay(every: .seconds(1)), logger: logger)
        try await loop.run { message, _ in try await keep(message) }
    }

    /// How often it is looked whether the queue of an earlier version is empty, while it is taken.
    private static let look = Duration.milliseconds(500)

    /// Takes what waits in the queue of an earlier version, which gets no more, and deletes it then. It comes before what is in
    /// the queue of this one, so that the events of a run keep their order; what is in both counts once.
    private func takeFormer() async throws {
        let former = MessageMap.formerNotifier
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            do {
                switch try await bus.retire(former, for: MessageMap.notifier) {
                case .gone: return
                case .isUsed:
                    logger.notice(
                        "the queue of an earlier version is used by another one; it goes at a later start",
                        metadata: ["queue": "\(former.name)"])
                    return
                case .waits(let count):
                    logger.notice(
                        "what waits in the queue of an earlier version is taken first",
                        metadata: ["queue": "\(former.name)", "count": "\(count)"])
                    try await empty(former)
                }
            } catch let error as AMQPError where error.code == .accessRefused {
                logger.warning(
                    """
                    the queue of an earlier version stays: this login may not delete it; load the definitions anew that \
                    pipeline broker definitions writes
                    """, metadata: ["queue": "\(former.name)", "error": "\(error)"])
                return
            } catch let error as AMQPError {
                logger.debug("the broker is away", metadata: ["error": "\(error)"])
                try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.look) }
            }
        }
    }

    /// Takes from a queue until it is empty.
    private func empty(_ queue: Messaging.Queue) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await take(queue) }
            group.addTask {
                while true {
                    try await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.look) }
                    if try await bus.waiting(in: queue) == 0 { return }
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
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
