/// Where a run, a job or a step is.
public enum RunState: String, Codable, Sendable, Hashable, CaseIterable {
    /// Waits: for its source, a worker, an earlier step.
    case pending
    case running
    case success, failure, cancelled, skipped

    public var isFinal: Bool {
        switch self {
        case .pending, .running: false
        case .success, .failure, .cancelled, .skipped: true
        }
    }
}

/// `GET /api/v1/runs`: one line of the list.
public struct RunSummary: Codable, Sendable, Equatable {
    public var id: RunID
    public var repository: RepositoryPath
    /// Counts the repository's runs from 1.
    public var number: Int
    public var state: RunState
    /// Why it failed, was skipped or waits, for people.
    public var reason: String?
    public var event: Event
    public var ref: String
    public var branch: String?
    /// `nil` until the source is synced.
    public var commit: Commit?
    /// Who pushed, as the forge calls them.
    public var sender: String?
    /// `true` where a person started it, whatever its event; absent where a forge or a schedule did.
    public var byHand: Bool?
    /// `true` where no hook told of the push: its head was found on the server.
    public var madeUp: Bool?
    /// Who started it by hand, or ran it again; absent where that was not kept yet.
    public var startedBy: Caller?
    /// Who cancelled it by hand; absent where nobody did, or that was not kept yet.
    public var cancelledBy: Caller?
    public var createdAt: Timestamp
    public var startedAt: Timestamp?
    public var finishedAt: Timestamp?

    public init(
        id: RunID, repository: RepositoryPath, number: Int, state: RunState, reason: String?, event: Event,
        ref: String, branch: String?, commit: Commit?, sender: String?, byHand: Bool? = nil,
        madeUp: Bool? = nil, startedBy: Caller? = nil, cancelledBy: Caller? = nil, createdAt: Timestamp,
        startedAt: Timestamp?,
        finishedAt: Timestamp?
    ) {
        self.id = id
        self.repository = repository
        self.number = number
        self.state = state
        self.reason = reason
        self.event = event
        self.ref = ref
        self.branch = branch
        self.commit = commit
        self.sender = sender
        self.byHand = byHand
        self.madeUp = madeUp
        self.startedBy = startedBy
        self.cancelledBy = cancelledBy
        self.createdAt = createdAt
        self.startedAt = startedAt
        self.finishedAt = finishedAt
    }
}

/// `GET /api/v1/runs/{id}`: one run, whole.
public struct RunView: Codable, Sendable, Equatable {
    public var summary: RunSummary
    public var choice: ChoiceView?
    public var stages: [StageView]

    public init(summary: RunSummary, choice: ChoiceView?, stages: [StageView]) {
        self.summary = summary
        self.choice = choice
        self.stages = stages
    }
}

/// Which process was chosen and why, with what was passed over.
public struct ChoiceView: Codable, Sendable, Equatable {
    public enum Source: String, Codable, Sendable, CaseIterable {
        case given, file, component
    }

    public var source: Source
    /// The file's path or the component's name.
    public var name: String?
    /// The content address of what ran, `sha256:…`; its JSON is at `GET /api/v1/processes/{digest}`. Empty where
    /// nothing could run.
    public var digest: String
    /// One line per source looked at, in order.
    public var trace: [String]

    public init(source: Source, name: String?, digest: String, trace: [String]) {
        self.source = source
        self.name = name
        self.digest = digest
        self.trace = trace
    }
}

/// One pipeline of the process.
public struct StageView: Codable, Sendable, Equatable {
    public var name: String
    public var state: RunState
    public var reason: String?
    public var dependsOn: [String]
    public var steps: [StepView]

    public init(name: String, state: RunState, reason: String?, dependsOn: [String], steps: [StepView]) {
        self.name = name
        self.state = state
        self.reason = reason
        self.dependsOn = dependsOn
        self.steps = steps
    }
}

public struct StepView: Codable, Sendable, Equatable {
    /// Unique in the run: `GET /api/v1/runs/{run}/steps/{id}/log`.
    public var id: Int
    public var name: String
    /// `service`, `build`, `deploy`, `commands` or `plugin`.
    public var kind: String
    public var state: RunState
    public var reason: String?
    public var exitCode: Int32?
    /// `true` where it failed and that fails nothing: its policy is `failure: ignore`, or it is a service or a detached
    /// step that had done its work. Absent otherwise.
    public var ignored: Bool?
    public var job: JobID?
    /// The grant of the job, from 1; 0 before the first.
    public var attempt: Int
    public var outputs: [String: String]
    /// Bytes of log stored.
    public var logBytes: Int64
    /// Bytes its whole log has, as its worker told when it ended; absent before. Until as many are stored, some of it is
    /// still on its way.
    public var logLength: Int64?
    public var startedAt: Timestamp?
    public var finishedAt: Timestamp?
    /// Whom a rollout waits for; absent where it waits for nobody.
    public var approval: ApprovalView?

    public init(
        id: Int, name: String, kind: String, state: RunState, reason: String?, exitCode: Int32?,
        ignored: Bool? = nil, job: JobID?, attempt: Int, outputs: [String: String], logBytes: Int64,
        logLength: Int64? = nil, startedAt: Timestamp?, finishedAt: Timestamp?, approval: ApprovalView? = nil
    ) {
        self.id = id
        self.name = name
        self.kind = kind
        self.state = state
        self.reason = reason
        self.exitCode = exitCode
        self.ignored = ignored
        self.job = job
        self.attempt = attempt
        self.outputs = outputs
        self.logBytes = logBytes
        self.logLength = logLength
        self.approval = approval
        self.startedAt = startedAt
        self.finishedAt = finishedAt
    }
}

/// `POST /api/v1/runs`: a run by hand.
public struct RunRequest: Codable, Sendable, Equatable {
    public var repository: RepositoryPath
    /// A branch, a tag or a commit; the default branch if absent.
    public var ref: String?
    /// What the run is to be taken for: `push`, `tag`, `custom`, `cron`, `promote` or `rollback`. Absent, it is what a
    /// push of the ref makes: `tag` for a tag, else `push`.
    public var event: Event?
    /// `promote`, `rollback`: the environment.
    public var target: String?
    /// `cron`: the schedule's name.
    public var cron: String?
    /// A component to run whatever is associated.
    public var component: String?
    /// A process to run as it is.
    public var document: JSONValue?
    public var parameters: [String: String]?

    public init(
        repository: RepositoryPath, ref: String? = nil, event: Event? = nil, target: String? = nil,
        cron: String? = nil, component: String? = nil, document: JSONValue? = nil,
        parameters: [String: String]? = nil
    ) {
        self.repository = repository
        self.ref = ref
        self.event = event
        self.target = target
        self.cron = cron
        self.component = component
        self.document = document
        self.parameters = parameters
    }
}

/// One event of `GET /api/v1/runs/{id}/events` and of `GET /api/v1/events` (server-sent events, `data:` JSON):
/// an object with one member, `run` or `log`.
public enum RunEvent: Sendable, Equatable {
    /// The run changed: the whole of it as it is now.
    case run(RunView)
    /// More log of a step; `offset` is in bytes of that step's log.
    case log(step: Int, offset: Int64, text: String)
}

extension RunEvent: Codable {
    private enum CodingKeys: String, CodingKey {
        case run, log
    }

    private struct Log: Codable {
        var step: Int
        var offset: Int64
        var text: String
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let view = try container.decodeIfPresent(RunView.self, forKey: .run) {
            self = .run(view)
        } else {
            let log = try container.decode(Log.self, forKey: .log)
            self = .log(step: log.step, offset: log.offset, text: log.text)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .run(let view): try container.encode(view, forKey: .run)
        case .log(let step, let offset, let text):
            try container.encode(Log(step: step, offset: offset, text: text), forKey: .log)
        }
    }
}
