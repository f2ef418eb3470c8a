public import DockerEngine
public import HTTPClient
public import Runtime

/// The settings of a service that speaks to registries itself.
public enum RegistrySettings {
    public static let plainHosts = Setting<[String]>.list(
        "registries.plain", "registries (host:port) spoken to without TLS, besides those on loopback",
        example: "registry:5000", default: [])
    public static let tokenRealms = Setting<TokenRealms>(
        "registries.realms",
        "hosts where registries have their token services, as registry=host: logins go to the registry's own host and to "
            + "none else",
        example: "registry.example=gitlab.example"
    ) { text in
        guard let realms = TokenRealms(text.split(separator: ",").map { String($0.filter { !$0.isWhitespace }) }) else {
            throw SettingProblem(expected: "a list of registry=host")
        }
        return realms
    }

    public static let all: [any AnySetting] = [plainHosts, tokenRealms]
}

extension RegistryClient {
    /// A client as the service's settings have it.
    /// - Parameters:
    ///   - settings: those of ``RegistrySettings``.
    ///   - client: sends its requests.
    ///   - authorities: the authorities to trust instead of the system's.
    /// - Throws: `SettingsError` with the setting that is wrong.
    public init(
        _ settings: Settings, client: HTTPClient, authorities: TrustedCertificates?
    ) throws(SettingsError) {
        self.init(
            client: client, plainHosts: Set(try settings.value(RegistrySettings.plainHosts)),
            realms: try settings.optional(RegistrySettings.tokenRealms) ?? TokenRealms(),
            authorities: authorities.map { .file($0.path) })
    }
}
