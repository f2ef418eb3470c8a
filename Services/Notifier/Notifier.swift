import HTTPClient
import Logging
import Messaging
import Runtime
import Secrets
import ServiceLifecycle
import Storage

/// Telling: reads the events anyone may read and tells them, signed, to the channels there are.
struct Notifier {
    private let context: ServiceContext

    init(_ context: ServiceContext) {
        self.context = context
    }

    func services() async throws -> [any Service] {
        let settings = context.settings
        let logger = context.logger
        let client = HTTPClient(logger: logger)
        let outlets = try ChannelRegistry.all(settings, client: client).map(Outlet.init)
        let enabled = try NotifierSettings.enabled(settings, among: outlets)
        if outlets.isEmpty {
            logger.notice(
                "no address is notified; set SLIPWAY_WEBHOOK_URLS and SLIPWAY_WEBHOOK_SECRET, or SLIPWAY_CHANNELS_FILE"
            )
        }
        // One at a time: two that took events from one queue could not keep the order of a run.
        return [
            try Standby(context) { folder in
                let store = try NotificationStore.open(at: folder.path + "/notifier.sqlite")
                try await Self.begin(outlets, enabling: enabled, in: store, logger)
                let consumer = EventConsumer(bus: context.bus, store: store, outlets: outlets, logger: logger)
                let dispatchers = outlets.map { Dispatcher(outlet: $0, store: store, logger: logger) as any Service }
                return dispatchers + [consumer]
            }
        ]
    }

    /// Makes what was kept before fit the channels there are now, and says what came of it.
    private static func begin(
        _ outlets: [Outlet], enabling enabled: [String], in store: NotificationStore, _ logger: Logger
    ) async throws {
        let beginning = try await store.begin(with: outlets.map(\.endpoint), enabling: enabled)
        if beginning.removed > 0 {
            logger.notice(
                "notifications for channels that were removed are gone", metadata: ["count": "\(beginning.removed)"])
        }
        for outlet in outlets {
            if let waiting = beginning.waiting[outlet.endpoint] { outlet.metrics.waiting(by: waiting) }
            if beginning.disabled.contains(outlet.endpoint) {
                logger.warning(
                    """
                    the address once answered 410 Gone and is told nothing; name it in SLIPWAY_WEBHOOK_ENABLE to \
                    switch it on again
                    """, metadata: ["address": "\(outlet.label)"])
            }
        }
    }
}
