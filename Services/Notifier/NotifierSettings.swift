import Runtime
import Secrets

/// The settings of the notifier beside ``CommonSettings``.
enum NotifierSettings {
    static let urls = Setting<[String]>(
        "webhook.urls", "where events are posted to, separated by commas",
        example: "https://chat.example/hooks/slipway",
        default: []
    ) { text in
        try text.split(separator: ",").map { part in
            let url = String(part.filter { $0 != " " })
            guard url.hasPrefix("https://") || url.hasPrefix("http://"), !url.contains("@") else {
                throw SettingProblem(expected: "http or https addresses without a user in them")
            }
            return url
        }
    }
    static let url = Setting<String>.text(
        "webhook.url", "where events are posted to, if it is one place only", example: "https://chat.example/hook")
    static let secret = Setting<StandardWebhook>(
        "webhook.secret", "what posts are signed with", example: "whsec_<openssl rand -base64 32>", secret: true
    ) { text in
        try StandardWebhook(secret: text)
    }

    static let all: [any AnySetting] = [urls, url, secret, CommonSettings.data]

    /// All addresses, each once.
    static func endpoints(_ settings: Settings) throws(SettingsError) -> [String] {
        var endpoints = try settings.value(urls)
        if let one = try settings.optional(url) { endpoints.append(one) }
        var seen: Set<String> = []
        return endpoints.filter { seen.insert($0).inserted }
    }
}
