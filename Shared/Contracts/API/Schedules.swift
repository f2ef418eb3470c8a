/// What becomes of the firings that a schedule missed, such as while the platform was down.
public enum MissedFirings: String, Codable, Sendable, CaseIterable {
    /// They are left out.
    case skip
    /// One run makes up for all of them.
    case catchUp = "catch-up"
}

/// `PUT /api/v1/repositories/{path}/schedules/{name}`: when runs of the event `cron` start by themselves.
public struct ScheduleRequest: Codable, Sendable, Equatable {
    /// Five fields as in a crontab, such as `30 3 * * mon-fri`, or a name such as `@daily`.
    public var expression: String
    /// The time zone by whose clocks it goes, such as `Europe/Berlin`; `UTC` if absent.
    public var zone: String?
    /// The default branch if absent.
    public var branch: String?
    public var parameters: [String: String]?
    /// ``MissedFirings/catchUp`` if absent.
    public var missed: MissedFirings?

    public init(
        expression: String, zone: String? = nil, branch: String? = nil, parameters: [String: String]? = nil,
        missed: MissedFirings? = nil
    ) {
        self.expression = expression
        self.zone = zone
        self.branch = branch
        self.parameters = parameters
        self.missed = missed
    }
}

/// A schedule of a repository: `GET /api/v1/repositories/{path}/schedules/{name}`.
public struct ScheduleView: Codable, Sendable, Equatable {
    public var repository: RepositoryPath
    /// What conditions on `cron` and `DRONE_CRON` know it by.
    public var name: String
    public var expression: String
    public var zone: String
    /// Absent where it is the default branch, whichever that is then.
    public var branch: String?
    /// Absent for those who may not save it.
    public var parameters: [String: String]?
    public var missed: MissedFirings
    /// Who has paused it; absent where it is not paused.
    public var pausedBy: Caller?
    /// When it starts a run next; absent where it starts none.
    public var next: Timestamp?
    /// That time and those after it as the clocks of its zone show them, such as `2026-11-28T03:30+01:00`; empty where it
    /// starts none.
    public var upcoming: [String]
    /// Why it starts none any more, or did not the last time.
    public var problem: String?
    /// The newest run that it started, as long as that is kept.
    public var lastRun: RunID?
    /// When that was due.
    public var lastAt: Timestamp?
    public var updatedBy: Caller
    public var updatedAt: Timestamp

    public init(
        repository: RepositoryPath, name: String, expression: String, zone: String, branch: String? = nil,
        parameters: [String: String]? = nil, missed: MissedFirings = .catchUp, pausedBy: Caller? = nil,
        next: Timestamp? = nil, upcoming: [String] = [], problem: String? = nil, lastRun: RunID? = nil,
        lastAt: Timestamp? = nil, updatedBy: Caller, updatedAt: Timestamp
    ) {
        self.repository = repository
        self.name = name
        self.expression = expression
        self.zone = zone
        self.branch = branch
        self.parameters = parameters
        self.missed = missed
        self.pausedBy = pausedBy
        self.next = next
        self.upcoming = upcoming
        self.problem = problem
        self.lastRun = lastRun
        self.lastAt = lastAt
        self.updatedBy = updatedBy
        self.updatedAt = updatedAt
    }
}

extension ScheduleView {
    /// Why it starts no run, or did not the last time, in words; `nil` where it does.
    public var state: String? {
        if let pausedBy { return "paused by \(pausedBy.account)" }
        return problem.map { next == nil ? "starts no run any more: \($0)" : "could not start the last run: \($0)" }
    }
}
