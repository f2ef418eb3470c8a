import FoundationEssentials
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
        ).run { context in
            let settings = context.settings
            let logger = context.logger
            let endpoints = try NotifierSettings.endpoints(settings)
            let folder = try settings.value(CommonSettings.data)
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let store = try NotificationStore.open(at: folder + "/notifier.sqlite")
            var dispatchers: [any Service] = []
            var signals: [String: Wake] = [:]
            if let signer = try settings.optional(NotifierSettings.secret) {
                let sender = WebhookSender(client: HTTPClient(logger: logger), signer: signer)
                for endpoint in endpoints {
                    let wake = Wake()
                    signals[endpoint] = wake
                    dispatchers.append(
                        Dispatcher(endpoint: endpoint, store: store, wake: wake, logger: logger) {
                            await sender.post($0)
                        })
                }
            } else if !endpoints.isEmpty {
                // Missing only where there is somebody to sign for.
                _ = try settings.value(NotifierSettings.secret)
            } else {
                logger.notice("nobody is told of anything; set SLIPWAY_WEBHOOK_URLS and SLIPWAY_WEBHOOK_SECRET")
            }
            let consumer = EventConsumer(
                broker: context.broker, bus: context.bus, store: store, endpoints: endpoints, wakes: signals,
                logger: logger)
            return dispatchers + [consumer]
        }
    }
}
