import HTTPClient
import Logging
import Messaging
import Runtime
import Secrets
import ServiceLifecycle
import Storage

/// Telling: reads the events anyone may read and posts them, signed, to the addresses of others.
@main
struct Notifier {
    static func main() async {
        await ServiceMain(
            name: "notifier", summary: "posts events as signed webhooks", settings: NotifierSettings.all,
            adminPort: 9105
        ).run { context in try await services(context) }
    }

    private static func services(_ context: ServiceContext) async throws -> [any Service] {
        let settings = context.settings
        let logger = context.logger
        let addresses = Address.all(try NotifierSettings.endpoints(settings))
        let enabled = try NotifierSettings.enabled(settings)
        var sender: WebhookSender?
        if addresses.isEmpty {
            logger.notice("nobody is told of anything; set SLIPWAY_WEBHOOK_URLS and SLIPWAY_WEBHOOK_SECRET")
        } else {
            sender = WebhookSender(
                client: HTTPClient(logger: logger), signer: try settings.value(NotifierSettings.secret))
        }
        // One at a time: two that took events from one queue could not keep the order of a run.
        return [
            try Standby(context) { [sender] folder in
                let store = try NotificationStore.open(at: folder.path + "/notifier.sqlite")
                try await begin(addresses, enabling: enabled, in: store, logger)
                let consumer = EventConsumer(
                    broker: context.broker, bus: context.bus, store: store, addresses: addresses, logger: logger)
                guard let sender else { return [consumer] }
                let dispatchers = addresses.map { address in
                    Dispatcher(address: address, store: store, logger: logger) { await sender.post($0) } as any Service
                }
                return dispatchers + [consumer]
            }
        ]
    }

    /// Makes what was kept before fit the addresses there are now, and says what came of it.
    private static func begin(
        _ addresses: [Address], enabling enabled: [String], in store: NotificationStore, _ logger: Logger
    ) async throws {
        let beginning = try await store.begin(with: addresses.map(\.url), enabling: enabled)
        if beginning.removed > 0 {
            logger.notice(
                "notifications for addresses that were removed are gone", metadata: ["count": "\(beginning.removed)"])
        }
        for address in addresses {
            if let waiting = beginning.waiting[address.url] { address.metrics.waiting(by: waiting) }
            if beginning.disabled.contains(address.url) {
                logger.warning(
                    """
                    the address once answered 410 Gone and is told nothing; name it in SLIPWAY_WEBHOOK_ENABLE to \
                    switch it on again
                    """, metadata: ["address": "\(address.label)"])
            }
        }
    }
}
