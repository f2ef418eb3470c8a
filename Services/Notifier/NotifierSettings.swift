import Runtime
import Secrets

/// The settings of the notifier beside `CommonSettings`.
enum NotifierSettings {
    static let urls = Setting<[String]>(
        "webhook.urls", "where events are posted to, separated by commas; what waits for one that is removed goes",
        example: "https://chat.example/hooks/slipway", default: [], secret: true, parse: addresses)
    static let enable = Setting<[String]>(
        "webhook.enable",
        "addresses, and names of channels, to tell again although they answered 410 Gone, separated by commas",
        example: "https://chat.example/hooks/slipway", default: [], secret: true
    ) { text in
        text.split(separator: ",").map { $0.filter { $0 != " " } }
    }
    static let url = Setting<[String]>(
        "webhook.url", "where events are posted to, if it is one place only", example: "https://chat.example/hook",
        default: [], secret: true, parse: addresses)
    static let secret = Setting<StandardWebhook>(
        "webhook.secret", "what posts are signed with", example: "whsec_<openssl rand -base64 32>", secret: true
    ) { text in
        try StandardWebhook(secret: text)
    }

    static let channels = Setting<[ChannelSpecification]>(
        "channels", "chats and other channels that are told, as a JSON document; see “Tell others what happens”",
        example: #"[{"name": "ops", "preset": "slack", "url_file": "/run/secrets/slack"}]"#, default: [], secret: true
    ) { text in
        try ChannelDocument.read(text)
    }

    static let all: [any AnySetting] = [urls, url, secret, channels, enable, CommonSettings.data]

    private static func addresses(_ text: String) throws -> [String] {
        try text.split(separator: ",").map { part in
            let url = String(part.filter { $0 != " " })
            guard url.hasPrefix("https://") || url.hasPrefix("http://"), !url.contains("@") else {
                throw SettingProblem(expected: "http or https addresses without a user in them")
            }
            return url
        }
    }

    /// What to tell again; each is one of those that are told.
    static func enabled(_ settings: Settings, among outlets: [Outlet]) throws(SettingsError) -> [String] {
        var enabled: [String] = []
        for name in try settings.value(enable) {
            guard let outlet = outlets.first(where: { $0.endpoint == name || $0.label == name }) else {
                throw SettingsError(
                    setting: enable.variable, message: "\(enable.variable) names one that is told nothing",
                    remedy: "name an address in \(urls.variable) as well, a channel as in \(channels.variable)")
            }
            enabled.append(outlet.endpoint)
        }
        return enabled
    }

    /// All addresses, each once.
    static func endpoints(_ settings: Settings) throws(SettingsError) -> [String] {
        var seen: Set<String> = []
        return (try settings.value(urls) + settings.value(url)).filter { seen.insert($0).inserted }
    }
}
