import Runtime
import WebServer

/// The settings of this service beside those all have.
enum PipelineSettings {
    static let listen = Setting<ListenAddress>.listen(
        "listen", "where the API and the pages are served", default: ListenAddress(host: "127.0.0.1", port: 8082))
    static let publicURL = Setting<String>.text(
        "public.url",
        "where people reach the API and the pages; http://<listen>, or https:// with a certificate, if absent",
        example: "https://slipway.example")
    static let hooksURL = Setting<String>.text(
        "hooks.url", "where forges reach the webhook gateway, for the address shown to people",
        example: "https://hooks.example")
    static let lease = Setting<Int>.integer(
        "lease.seconds", "how long a worker may be silent before its job goes to another", example: "30", default: 30,
        in: 2...3600)
    static let timeLimit = Setting<Int>.integer(
        "job.timeout", "how many seconds a job may take where its pipeline does not say", example: "3600",
        default: 3600, in: 1...604_800)

    static let repositoryRuns = Setting<Int>.integer(
        "repository.runs", "how many runs of one repository may wait and run at a time; what comes then fails",
        example: "1000", default: Quotas().repositoryRuns, in: 1...1_000_000)
    static let openRuns = Setting<Int>.integer(
        "open.runs", "how many runs of all repositories may wait and run at a time; what comes then fails",
        example: "50000", default: Quotas().runs, in: 1...10_000_000)

    static let databaseURL = Setting<String>(
        "database.url", "a PostgreSQL database to keep the state in; a file of SQLite's in the data folder if absent",
        example: "postgres://slipway@db.example/slipway", secret: true, parse: postgreSQL)
    static let databasePassword = Setting<String>.text(
        "database.password", "the password of the PostgreSQL database, where it is not in its address",
        example: "secret", secret: true)

    /// What a PostgreSQL database's address looks like; libpq knows the rest.
    static let postgreSQL: @Sendable (String) throws -> String = { text in
        guard text.hasPrefix("postgres://") || text.hasPrefix("postgresql://") else {
            throw SettingProblem(expected: "an address that begins with postgres://")
        }
        return text
    }

    /// Where the platform's state is.
    static let place: [any AnySetting] = [CommonSettings.data, databaseURL, databasePassword]

    static let all: [any AnySetting] = [
        listen, publicURL, hooksURL, databaseURL, databasePassword, lease, timeLimit, repositoryRuns, openRuns,
        CommonSettings.data, CommonSettings.sealKeys, CommonSettings.mirrorKey, CommonSettings.hookKey,
        CommonSettings.trustedProxies, CommonSettings.tlsCertificateFile, CommonSettings.tlsKeyFile,
        CommonSettings.logBrokerURL,
    ]
}
