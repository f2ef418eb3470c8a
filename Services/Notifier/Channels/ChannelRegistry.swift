import HTTPClient
import Runtime

/// Every kind of channel, made from its settings.
enum ChannelRegistry {
    static func all(_ settings: Settings, client: HTTPClient) throws -> [any Channel] {
        try WebhookChannel.all(settings, client: client) + TemplatedChannel.all(settings, client: client)
    }
}
