import Runtime
import Secrets

/// The settings of the notifier beside ``CommonSettings``.
enum NotifierSettings {
    static let urls = Setting<[String]>(
        "webhook.urls", "where events are posted to, separated by commas; what waits for one that is removed goes",
        example: "https://chat.example/hooks/slipway", default: [], secret: true, parse: addresses)
    static let enable = Setting<[String]>(
        "webhook.enable", "addresses to tell again although they answered 410 Gone, separated by commas",
        example: "https://chat.example/hooks/slipway", default: [], secret: true, parse: addresses)
    static let url = Setting<[String]>(
        "webhook.url", "where events are posted to, if it is one place only", example: "https://chat.example/hook",
        default: [], secret: true, parse: addresses)
    static let secret = Setting<StandardWebhook>(
        "webhook.secret", "what posts are signed with", example: "whsec_<openssl rand -base64 32>", secret: true
    ) { text in
        try StandardWebhook(secret: text)
    }

    static let all: [any AnySetting] = [urls, url, secret, enable, CommonSettings.data]

    private static func addresses(_ text: String) throws -> [String] {
        try text.split(separator: ",").map { part in
            let url = String(part.filter { $0 != " " })
            guard url.hasPrefix("https://") || url.hasPrefix("http://"), !url.contains("@") else {
                throw SettingProblem(expected: "http or https addresses without a user in them")
            }
            return url
        }
    }

    /// The addresses to switch on again; each is one of those that are told.
    static func enabled(_ settings: Settings) throws(SettingsError) -> [String] {
        let enabled = try settings.value(enable)
        let known = try endpoints(settings)
        guard enabled.allSatisfy(known.contains) else {
            throw SettingsError(
                setting: enable.variable, message: "\(enable.variable) names an address that is told nothing",
                remedy: "name it in \(urls.variable) as well")
        }
        return enabled
    }

    /// All addresses, each once.
    static func endpoints(_ settings: Settings) throws(SettingsError) -> [String] {
        var seen: Set<String> = []
        return (try settings.value(urls) + settings.value(url)).filter { seen.insert($0).inserted }
    }
}
