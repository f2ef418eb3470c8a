import Contracts

/// A unit of work: some steps of one stage, given to one worker at a time.
struct Job: Sendable, Equatable {
    enum Kind: String, Sendable, CaseIterable {
        case build, rollout
    }

    /// What is no worker's to bring about.
    enum Awaited: String, Sendable, CaseIterable {
        /// Until sync has said where its source is.
        case source
        /// For a while, since a registry cannot be reached.
        case registry
    }

    var id: JobID
    var run: RunID
    /// The stage's position in the run.
    var stage: Int
    /// Its number in the stage.
    var place: Int
    var kind: Kind
    /// The names of its steps.
    var steps: [String]
    /// Which workers take it.
    var scope: WorkerScope
    var repository: RepositoryPath
    /// The trace that what is said of it carries on.
    var trace: String?
    var lease = JobLease()
    /// How long it may take, in seconds.
    var timeLimit: Int
    /// What it changes, as a rollout or by the commands of a step called `deploy`; one job of a workload at a time.
    var workload: String?
    var sequence: Int64?
    /// Why a rollout does not get on, as its worker says.
    var stuck: String?
    /// The environment it rolls out to.
    var environment: String?
    /// What it was handed back for and waits for before a worker may have it; `nil` where it does not.
    var awaits: Awaited?
    /// What it waits for before a worker may have it, in words.
    var waits: String?
    /// How many have to approve it, where it waits for that.
    var approvals: Int?
    /// When that is over by itself.
    var opensAt: Timestamp?
    var createdAt: Timestamp
    /// Since when its last attempt waits in its queue for a worker, or did; `nil` where none has been there.
    var queuedAt: Timestamp?
    var endedAt: Timestamp?

    /// The queue that wakes its workers.
    var queue: String { scope.queue }

    /// As its workload's queue has it; `nil` for one that changes none.
    var rollout: RolloutQueue.Rollout? {
        guard workload != nil, let sequence else { return nil }
        return .init(
            job: id, run: run, sequence: sequence, state: lease.state, repository: repository, environment: environment,
            needsApproval: approvals != nil)
    }

    /// Whether a step, or a service that runs beside it, is the job's.
    func has(_ step: StepRecord) -> Bool {
        guard step.stage == stage else { return false }
        return step.isService ? kind == .build && step.state != .skipped : steps.contains(step.name)
    }
}
