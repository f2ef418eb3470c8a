import Contracts

/// How long ended runs and parked messages are kept, as the settings say. A limit of 0 is none.
struct Retention: Sendable, Equatable {
    /// For how many days a run is kept after its end.
    var days = 365
    /// How many runs of a repository are kept.
    var runs = 10_000
    /// How long the logs of all runs may be together, in bytes.
    var logBytes: Int64 = 100 << 30
    /// For how many days the last good run of a branch is kept that is not the repository's default one: most are merged
    /// and gone by then.
    var branchDays = 730
    /// For how many days parked messages are kept.
    var parkedDays = 90
    /// How many parked messages are kept.
    var parked = 10_000
    /// A run stays for this long after its end, whatever the limits are: reports and logs of it may still come.
    var grace = Duration.seconds(3600)

    /// For how long is known which runs have been removed, so that what comes late makes none of them again: as long as the
    /// ids of messages are known.
    static let memory = Duration.seconds(14 * 86_400)

    /// What one process of the service does for all of them.
    static let duty = "retention"

    /// What limits the runs of one repository, or of all together.
    struct Limits: Sendable, Equatable {
        var days = 0
        var runs = 0
        var logBytes: Int64 = 0
    }

    /// - Parameter rules: the repository's own.
    func limits(_ rules: RetentionRules?) -> Limits {
        Limits(
            days: rules?.days ?? days, runs: rules?.runs ?? runs,
            logBytes: Int64(rules?.logMebibytes ?? 0) << 20)
    }

    /// What limits all repositories together.
    var whole: Limits { Limits(logBytes: logBytes) }

    /// Why rules cannot be; `nil` where they can.
    static func problem(with rules: RetentionRules) -> String? {
        for (name, value, most) in [
            ("days", rules.days, 36_500), ("runs", rules.runs, 100_000_000),
            ("logMebibytes", rules.logMebibytes, 1 << 40),
        ] {
            guard let value, !(0...most).contains(value) else { continue }
            return "\(name) is \(value), and not a number from 0 (no limit) to \(most)"
        }
        return nil
    }
}

extension Timestamp {
    /// - Parameter days: 0 for no limit.
    /// - Returns: The moment that many days ago; `nil` without a limit.
    func before(days: Int) -> Timestamp? { days == 0 ? nil : adding(.seconds(-86_400 * days)) }
}
