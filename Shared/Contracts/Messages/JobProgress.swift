/// How a step ended.
public enum StepOutcome: String, Codable, Sendable, Hashable, CaseIterable {
    case success, failure, skipped, cancelled
}

/// A step began: worker → pipeline.
public struct StepStarted: Message {
    public var job: JobID
    public var run: RunID
    public var attempt: Int
    public var step: String
    public var at: Timestamp
    /// The grant's; `nil` from a worker of an earlier version.
    public var token: String?

    public init(job: JobID, run: RunID, attempt: Int, step: String, at: Timestamp, token: String? = nil) {
        self.job = job
        self.run = run
        self.attempt = attempt
        self.step = step
        self.at = at
        self.token = token
    }
}

/// How one step went, all in all.
public struct StepReport: Codable, Sendable, Hashable {
    public var step: String
    public var outcome: StepOutcome
    /// The exit code of its process, or `nil` where none ran.
    public var exitCode: Int32?
    /// Why it failed or was skipped, for people; `nil` on success.
    public var reason: String?
    /// Whether its failure fails nothing; `nil` on success, or where the worker does not tell.
    public var ignored: Bool?
    /// What it hands on to later steps.
    public var outputs: [String: String]
    /// What it does not hand on since that holds a secret: by name what is in it, such as `the secret “npm”`; `nil` for
    /// nothing.
    public var dropped: [String: String]?
    public var startedAt: Timestamp?
    public var finishedAt: Timestamp?
    /// The length of its log in bytes, so that a reader knows when it has all.
    public var logBytes: Int64

    public init(
        step: String, outcome: StepOutcome, exitCode: Int32? = nil, reason: String? = nil,
        ignored: Bool? = nil, outputs: [String: String] = [:], dropped: [String: String]? = nil,
        startedAt: Timestamp? = nil, finishedAt: Timestamp? = nil, logBytes: Int64 = 0
    ) {
        self.step = step
        self.outcome = outcome
        self.exitCode = exitCode
        self.reason = reason
        self.ignored = ignored
        self.outputs = outputs
        self.dropped = dropped
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.logBytes = logBytes
    }
}

/// A step ended: worker → pipeline.
public struct StepFinished: Message {
    public var job: JobID
    public var run: RunID
    public var attempt: Int
    public var report: StepReport
    /// The grant's; `nil` from a worker of an earlier version.
    public var token: String?

    public init(job: JobID, run: RunID, attempt: Int, report: StepReport, token: String? = nil) {
        self.job = job
        self.run = run
        self.attempt = attempt
        self.report = report
        self.token = token
    }
}

/// The worker still holds the job: worker → pipeline. Renews the lease.
public struct JobHeartbeat: Message {
    public var job: JobID
    public var run: RunID
    public var attempt: Int
    /// Of a rollout that does not get on, or has failed and is being undone: why. A newer one need not wait for its end.
    public var stuck: String?
    /// The grant's; `nil` from a worker of an earlier version.
    public var token: String?

    public init(job: JobID, run: RunID, attempt: Int, stuck: String? = nil, token: String? = nil) {
        self.job = job
        self.run = run
        self.attempt = attempt
        self.stuck = stuck
        self.token = token
    }
}

/// The job ended: worker → pipeline. Holds every step's report, so it stands alone should an earlier one come late.
public struct JobFinished: Message {
    public enum Outcome: String, Codable, Sendable, CaseIterable {
        case success, failure, cancelled
        /// Handed back unfinished, see ``HandBack``: it is queued again as a new attempt.
        case released
    }

    /// Why a job is handed back.
    public enum HandBack: String, Codable, Sendable, CaseIterable {
        /// The worker is shutting down.
        case shutdown
        /// Something is wrong with the worker itself, such as its disk or its Docker Engine.
        case worker
        /// The registry of an image cannot be reached.
        case registry
        /// The mirror that the platform named cannot be reached, or has not got the commit any more.
        case source
    }

    public var job: JobID
    public var run: RunID
    public var attempt: Int
    public var outcome: Outcome
    public var reason: String?
    /// Where it is handed back, why; `nil` else, and from a worker of an earlier version.
    public var handBack: HandBack?
    public var steps: [StepReport]
    /// The grant's; `nil` from a worker of an earlier version.
    public var token: String?

    public init(
        job: JobID, run: RunID, attempt: Int, outcome: Outcome, reason: String? = nil, handBack: HandBack? = nil,
        steps: [StepReport], token: String? = nil
    ) {
        self.job = job
        self.run = run
        self.attempt = attempt
        self.outcome = outcome
        self.reason = reason
        self.handBack = handBack
        self.steps = steps
        self.token = token
    }
}
