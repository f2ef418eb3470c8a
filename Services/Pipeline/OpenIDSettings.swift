import Contracts
import Runtime

/// The settings of the OpenID Connect provider that people sign in with.
enum OpenIDSettings {
    static let issuer = Setting<String>(
        "openid.issuer",
        "the OpenID Connect provider that people sign in with, as it calls itself; none if absent",
        example: "https://gitlab.example", parse: address)
    static let clientID = Setting<String>.text(
        "openid.client.id", "what the platform is known as at the provider", example: "slipway")
    static let clientSecret = Setting<String>.text(
        "openid.client.secret", "the client's secret; none where it is a public client", example: "secret",
        secret: true)
    static let scopes = Setting<String>.text(
        "openid.scopes", "what the provider is asked for, separated by spaces", example: "openid profile email groups",
        default: "openid profile email")
    static let groups = Setting<String>.text(
        "openid.groups.claim", "the claim with the groups that a person is in", example: "groups_direct",
        default: "groups")
    static let label = Setting<String>.text(
        "openid.name", "what people know the provider as; its address if absent", example: "GitLab")
    static let hours = Setting<Int>.integer(
        "openid.session.hours",
        "after how many hours people sign in again, so that groups and people that are gone at the provider are noticed",
        example: "24", default: 24, in: 1...720)
    static let tokenDays = Setting<Int>.integer(
        "openid.token.days",
        "for how many days after a sign-in at the provider a person's tokens may be used; then a sign-in there renews them",
        example: "30", default: 30, in: 1...365)

    /// An address whose answers can be trusted: over TLS, or of this machine.
    static let address: @Sendable (String) throws -> String = { text in
        let isLocal = ["http://127.0.0.1", "http://localhost", "http://[::1]"].contains { start in
            text == start || text.hasPrefix(start + ":") || text.hasPrefix(start + "/")
        }
        guard text.hasPrefix("https://") || isLocal, !text.contains(where: { $0.isWhitespace || "?#@".contains($0) })
        else { throw SettingProblem(expected: "the provider's address, such as https://gitlab.example") }
        return text
    }

    static let all: [any AnySetting] = [issuer, clientID, clientSecret, scopes, groups, label, hours, tokenDays]

    /// - Parameter publicURL: where people reach the platform.
    /// - Returns: `nil` where no provider is named.
    static func configuration(_ settings: Settings, publicURL: String) throws(SettingsError) -> OpenIDConfiguration? {
        guard let issuer = try settings.optional(issuer) else { return nil }
        var scopes = try settings.value(scopes).split(separator: " ").map(String.init)
        if !scopes.contains("openid") { scopes.insert("openid", at: 0) }
        return OpenIDConfiguration(
            issuer: issuer, clientID: try settings.value(clientID), clientSecret: try settings.optional(clientSecret),
            redirectURL: publicURL + PagePath.signedIn.path(), scopes: scopes, groupsClaim: try settings.value(groups),
            label: try settings.optional(label) ?? String(issuer.split(separator: "/")[1]),
            sessionLife: .seconds(3600 * (try settings.value(hours))))
    }
}
