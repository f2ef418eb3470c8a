import Contracts

/// State machine of one look through runs, the oldest first: which of them go. Nothing that has not ended goes, nor the last
/// good run of a branch, nor what is rolled out.
struct RetentionScan: Sendable, Equatable {
    /// A run as it is judged by.
    struct Candidate: Sendable, Hashable {
        var id: RunID
        /// Its place among all.
        var serial: Int64
        var repository: RepositoryPath
        var number: Int
        var createdAt: Timestamp
        /// When it was made by the time that has surely come, see ``ClockStore``: none is before that of an older run.
        var age: Timestamp
        /// Not before it ended by the time that has surely come; `nil` while it waits or runs.
        var endedAt: Timestamp?
        /// Whether a worker has a job of it: one that was cancelled may still be being stopped.
        var isAtWork = false
        /// Whether no newer run of its branch went well.
        var isLastGood = false
        /// Whether its branch is the repository's default one.
        var isOfDefaultBranch = false
        /// Whether the newest rollout of a workload is its, or the newest that went well.
        var isDeployed = false
        /// How long its logs are.
        var logBytes: Int64 = 0
    }

    enum Reason: String, Sendable, Equatable, CaseIterable { case age, count, logs }

    enum Verdict: Sendable, Equatable {
        case stays
        case goes(Reason)
        /// Neither does this one go, nor any after it.
        case stop
    }

    let limits: Retention.Limits
    let retention: Retention
    let now: Timestamp
    /// How many there are, with those that wait and run.
    private(set) var runs: Int
    /// How long the logs of all of them are.
    private(set) var logBytes: Int64

    init(limits: Retention.Limits, retention: Retention, runs: Int, logBytes: Int64, now: Timestamp) {
        self.limits = limits
        self.retention = retention
        self.runs = runs
        self.logBytes = logBytes
        self.now = now
    }

    private var areMany: Bool { limits.runs > 0 && runs > limits.runs }
    private var areLong: Bool { limits.logBytes > 0 && logBytes > limits.logBytes }
    private var oldest: Timestamp? { now.before(days: limits.days) }

    /// Whether anything may go at all.
    var isNeeded: Bool { areMany || areLong || limits.days > 0 }

    /// Judges the next run, which is newer than those before it.
    mutating func look(at run: Candidate) -> Verdict {
        if !areMany, !areLong, oldest.map({ run.age >= $0 }) ?? true { return .stop }
        guard let reason = reason(for: run) else { return .stays }
        runs -= 1
        logBytes -= run.logBytes
        return .goes(reason)
    }

    private func reason(for run: Candidate) -> Reason? {
        guard let endedAt = run.endedAt, !run.isAtWork, endedAt.adding(retention.grace) <= now, !isKept(run) else {
            return nil
        }
        if let oldest, endedAt < oldest { return .age }
        if areMany { return .count }
        return areLong && run.logBytes > 0 ? .logs : nil
    }

    private func isKept(_ run: Candidate) -> Bool {
        if run.isDeployed { return true }
        guard run.isLastGood else { return false }
        return run.isOfDefaultBranch || now.before(days: retention.branchDays).map { run.age >= $0 } ?? true
    }
}
