import Contracts

/// A unit of work: some steps of one stage, given to one worker at a time.
struct Job: Sendable, Equatable {
    enum Kind: String, Sendable, CaseIterable {
        case build, rollout
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
    /// The queue it waits in.
    var queue: String
    var lease = JobLease()
    /// How long it may take, in seconds.
    var timeLimit: Int
    /// What it changes, as a rollout or by the commands of a step called `deploy`; one job of a workload at a time.
    var workload: String?
    var sequence: Int64?
    /// Why a rollout does not get on, as its worker says.
    var stuck: String?
    var createdAt: Timestamp
}
