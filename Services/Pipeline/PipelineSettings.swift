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
    static let sessionIdle = Setting<Int>.integer(
        "session.idle.hours", "after how many hours without being used a browser is signed out", example: "72",
        default: 72, in: 1...720)
    static let lease = Setting<Int>.integer(
        "lease.seconds", "within how long a worker is to be heard of three times while it has a job", example: "30",
        default: 30, in: 2...3600)
    static let hold = Setting<Int>.integer(
        "hold.seconds",
        "for how long after a lease a silent worker keeps its job, so that an outage of the broker costs none; then it "
            + "has stopped it and another one gets it",
        example: "120", default: 120, in: 0...86_400)
    static let timeLimit = Setting<Int>.integer(
        "job.timeout", "how many seconds a job may take where its pipeline does not say", example: "3600",
        default: 3600, in: 1...604_800)

    static let queueHours = Setting<Int>.integer(
        "queue.hours", "how many hours a job may wait for a worker; then it fails", example: "24", default: 24,
        in: 1...8_760)

    static let repositoryRuns = Setting<Int>.integer(
        "repository.runs", "how many runs of one repository may wait and run at a time; what comes then fails",
        example: "1000", default: Quotas().repositoryRuns, in: 1...1_000_000)
    static let openRuns = Setting<Int>.integer(
        "open.runs", "how many runs of all repositories may wait and run at a time; what comes then fails",
        example: "50000", default: Quotas().runs, in: 1...10_000_000)

    static let repositoryJobs = Setting<Int>.integer(
        "repository.jobs", "how many jobs of one repository may wait and be at work; runs that come then fail",
        example: "20000", default: Quotas().repositoryJobs, in: 1...10_000_000)
    static let openJobs = Setting<Int>.integer(
        "open.jobs", "how many jobs of all repositories may wait and be at work; runs that come then fail",
        example: "500000", default: Quotas().jobs, in: 1...100_000_000)
    static let repositoryAtWork = Setting<Int>.integer(
        "repository.jobs.at.work", "how many jobs of one repository may be at work at a time; more wait",
        example: "20", default: Quotas().repositoryAtWork, in: 1...1_000_000)
    static let atWork = Setting<Int>.integer(
        "jobs.at.work", "how many jobs of all repositories may be at work at a time; more wait", example: "20000",
        default: Quotas().atWork, in: 1...1_000_000)
    static let longestJob = Setting<Int>.integer(
        "job.timeout.limit", "how many seconds a pipeline may let a job take; a run that asks for more fails",
        example: "86400", default: Quotas().jobSeconds, in: 1...31_536_000)
    static let stages = Setting<Int>.integer(
        "run.stages", "how many stages a run may have", example: "100", default: Quotas().stages, in: 1...1_000)
    static let logLimit = Setting<Int>.integer(
        "step.log.limit", "how much is kept of what a step prints, its beginning and its end, in MiB", example: "100",
        default: Int(Quotas().logBytes >> 20), in: 1...(1 << 20))
    static let outputLimit = Setting<Int>.integer(
        "run.outputs.limit", "how long all outputs of a run may be together, in KiB; a step that exceeds it fails",
        example: "1024", default: Quotas().outputBytes >> 10, in: 1...(1 << 20))

    /// How much may be under way, and how much one run may use.
    static func quotas(_ settings: Settings) throws(SettingsError) -> Quotas {
        Quotas(
            repositoryRuns: try settings.value(repositoryRuns), runs: try settings.value(openRuns),
            repositoryJobs: try settings.value(repositoryJobs), jobs: try settings.value(openJobs),
            repositoryAtWork: try settings.value(repositoryAtWork), atWork: try settings.value(atWork),
            jobSeconds: try settings.value(longestJob), stages: try settings.value(stages),
            logBytes: Int64(try settings.value(logLimit)) << 20,
            outputBytes: try settings.value(outputLimit) << 10)
    }

    static let headsInterval = Setting<Duration>.duration(
        "missed.pushes.interval",
        "how often a repository's branches and tags are compared with the pushes that hooks told of; 0s for never",
        example: "5m", default: .seconds(300))
    static let headsPatience = Setting<Duration>.duration(
        "missed.pushes.patience", "how long a hook may take until its push is run without it", example: "2m",
        default: .seconds(120))

    static let databaseURL = Setting<String>(
        "database.url", "a PostgreSQL database to keep the state in; a file of SQLite's in the data folder if absent",
        example: "postgres://slipway@db.example/slipway", secret: true, parse: postgreSQL)
    static let databasePassword = Setting<String>.text(
        "database.password", "the password of the PostgreSQL database, where it is not in its address",
        example: "secret", secret: true)

    static let auditDays = Setting<Int>.integer(
        "audit.days", "how many days the audit log is kept", example: "400", default: 400, in: 1...36_500)

    static let keepDays = Setting<Int>.integer(
        "keep.days", "for how many days a run is kept after its end; 0 for ever", example: "365",
        default: Retention().days, in: 0...36_500)
    static let keepRuns = Setting<Int>.integer(
        "keep.runs", "how many runs of a repository are kept; 0 for all", example: "10000",
        default: Retention().runs, in: 0...100_000_000)
    static let keepLogs = Setting<Int>.integer(
        "keep.logs", "how long the logs of all runs may be together, in MiB, before the oldest runs go; 0 for no limit",
        example: "102400", default: Int(Retention().logBytes >> 20), in: 0...(1 << 40))
    static let keepBranchDays = Setting<Int>.integer(
        "keep.branch.days",
        "for how many days the last good run of a branch is kept that is not the default one; 0 for ever",
        example: "730", default: Retention().branchDays, in: 0...36_500)
    static let keepParkedDays = Setting<Int>.integer(
        "keep.parked.days", "for how many days parked messages are kept; 0 for ever", example: "90",
        default: Retention().parkedDays, in: 0...36_500)
    static let keepParked = Setting<Int>.integer(
        "keep.parked", "how many parked messages are kept; 0 for no limit beside that of each sender", example: "10000",
        default: Retention().parked, in: 0...10_000_000)

    /// What is kept of what is over.
    static func retention(_ settings: Settings) throws(SettingsError) -> Retention {
        Retention(
            days: try settings.value(keepDays), runs: try settings.value(keepRuns),
            logBytes: Int64(try settings.value(keepLogs)) << 20, branchDays: try settings.value(keepBranchDays),
            parkedDays: try settings.value(keepParkedDays), parked: try settings.value(keepParked))
    }

    /// What a PostgreSQL database's address looks like; libpq knows the rest.
    static let postgreSQL: @Sendable (String) throws -> String = { text in
        guard text.hasPrefix("postgres://") || text.hasPrefix("postgresql://") else {
            throw SettingProblem(expected: "an address that begins with postgres://")
        }
        return text
    }

    /// Where people reach the API and the pages, without a slash at its end.
    static func address(_ settings: Settings) throws(SettingsError) -> String {
        let isSecure = try settings.optional(CommonSettings.tlsCertificateFile) != nil
        let listened = try settings.value(listen)
        var url = try settings.optional(publicURL) ?? "\(isSecure ? "https" : "http")://\(listened)"
        while url.hasSuffix("/") { url.removeLast() }
        return url
    }

    /// Where the platform's state is.
    static let place: [any AnySetting] = [CommonSettings.data, databaseURL, databasePassword]

    static let all: [any AnySetting] =
        [
            listen, publicURL, hooksURL, sessionIdle, databaseURL, databasePassword, lease, hold, timeLimit, queueHours,
            repositoryRuns,
            openRuns,
            repositoryJobs, openJobs, repositoryAtWork, atWork, longestJob, stages, logLimit, outputLimit, auditDays,
            headsInterval, headsPatience,
            keepDays, keepRuns, keepLogs, keepBranchDays, keepParkedDays, keepParked,
            CommonSettings.data, CommonSettings.diskFloor, CommonSettings.sealKeys, CommonSettings.mirrorKey,
            CommonSettings.hookKey,
            CommonSettings.trustedProxies, CommonSettings.tlsCertificateFile, CommonSettings.tlsKeyFile,
            CommonSettings.logBrokerURL, CommonSettings.certificateAuthority,
        ] + OpenIDSettings.all
}
