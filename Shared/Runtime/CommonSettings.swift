public import Logging
public import Secrets

/// The settings every service has, and the keys some share.
public enum CommonSettings {
    public static let brokerURL = Setting<String>.text(
        "broker.url", "the RabbitMQ nodes, user, password and virtual host",
        example: "amqp://slipway:password@rabbit1:5672,rabbit2:5672/slipway", secret: true)
    /// Where logs go; the broker of all other messages where it is not set. A service that lists it has
    /// ``ServiceContext/logs``.
    public static let logBrokerURL = Setting<String>.text(
        "log.broker.url",
        "the RabbitMQ nodes that logs go over, the same for workers and pipeline; without it those of broker.url, over a "
            + "separate connection",
        example: "amqp://slipway:password@rabbit3:5672/slipway-logs", secret: true)
    public static let data = Setting<String>.text(
        "data", "the folder this service keeps its state in", example: "/var/lib/slipway/builder")
    /// What ``DiskFloor`` leaves free.
    public static let diskFloor = Setting<Int>.integer(
        "disk.floor",
        "how much is left free of the disk that holds data, in MiB: what may wait is not written below it; if absent one "
            + "part in twenty of the disk, and 1024 at most; 0 for nothing", example: "512", in: 0...(1 << 30))
    public static let logLevel = Setting<Logger.Level>.choice(
        "log.level", "how much is logged: trace, debug, info, notice, warning, error, critical", default: .info)
    static let logFormat = Setting<LogLine.Format>.choice(
        "log.format", "how log lines look: logfmt or json", default: .logfmt)
    public static let shutdownGrace = Setting<Duration>.duration(
        "shutdown.grace", "how long work may take to end after SIGTERM", default: .seconds(25))
    public static let configFile = Setting<String>.text(
        "config.file", "a JSON file with settings; flags and variables win", example: "/etc/slipway/builder.json")

    /// Where `/healthz`, `/readyz` and `/metrics` are served.
    public static let adminListen = Setting<AdminAddress>.admin(
        "admin.listen",
        "where health and metrics are served; of ports such as 9100-9109 the first that is free",
        default: AdminAddress(host: "127.0.0.1", ports: 0...0))
    static let adminFile = Setting<String>.text(
        "admin.file", "a file that the address of health and metrics is written to",
        example: "/run/slipway-admin")

    /// A certificate authority of one's own, besides the system's: of Git servers, mirrors and registries.
    public static let certificateAuthority = Setting<String>(
        "ca",
        "a certificate authority trusted besides the system's, as PEM: that of a Git server or a registry; most often "
            + "named by its file, with SLIPWAY_CA_FILE", example: "-----BEGIN CERTIFICATE-----…"
    ) { text in
        guard text.contains("-----BEGIN CERTIFICATE-----") else {
            throw SettingProblem(expected: "a certificate in PEM form; name its file with SLIPWAY_CA_FILE")
        }
        return text
    }

    /// The keys that seal secrets.
    public static let sealKeys = Setting<KeyRing>(
        "seal.keys",
        "the keys that secrets are sealed with, the first one seals; slipway keys makes each service its own",
        example: "2026-11-27@sync:<32 bytes in base64>", secret: true
    ) { text in
        try KeyRing(text)
    }

    /// The keys of a service other than the platform.
    /// - Parameter audiences: those that it opens what is sealed for.
    /// - Throws: `SettingsError` where there is no key for one of them.
    public static func sealKeys(
        _ settings: Settings, for audiences: [SealAudience], logger: Logger
    ) throws(SettingsError) -> KeyRing {
        let ring = try settings.value(sealKeys)
        for audience in audiences where ring.keys(of: audience).isEmpty {
            throw SettingsError(
                setting: sealKeys.variable, message: "there is no key for \(audience) in it",
                remedy: "give the file \(KeyFolder.file(of: audience.name)) that slipway keys make writes")
        }
        if !ring.platformKeys.isEmpty || !ring.sharedKeys.isEmpty {
            logger.notice(
                "this service has the platform's own seal keys, which open every secret: slipway keys make gives it others",
                metadata: ["name": "\(sealKeys.variable)"])
        }
        return ring
    }

    /// The key that signs mirror tokens.
    public static let mirrorKey = signingKey("mirror.key", "the key of mirror tokens, the same at pipeline and sync")
    /// The key that webhook tokens are derived from.
    public static let hookKey = signingKey("hook.key", "the key of hook tokens, the same at gateway and pipeline")

    private static func signingKey(_ key: String, _ summary: String) -> Setting<SigningKey> {
        Setting(key, summary, example: "<openssl rand -base64 32>", secret: true) { text in
            try SigningKey(base64: text)
        }
    }

    static let all: [any AnySetting] = [
        brokerURL, adminListen, adminFile, logLevel, logFormat, shutdownGrace, configFile,
    ]
}
