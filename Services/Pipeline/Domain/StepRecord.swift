import Contracts

/// A step of a run as it is kept.
struct StepRecord: Sendable, Equatable {
    var run: RunID
    /// Unique in the run, from 1.
    var id: Int
    /// The stage's position.
    var stage: Int
    var name: String
    var kind: String
    var state: RunState = .pending
    var reason: String?
    /// Whether a failure of it fails nothing.
    var ignoresFailure = false
    var exitCode: Int32?
    var job: JobID?
    var attempt = 0
    var outputs: [String: String] = [:]
    /// The length of its log as its worker told it.
    var logBytes: Int64?
    var startedAt: Timestamp?
    var finishedAt: Timestamp?

    var view: StepView {
        StepView(
            id: id, name: name, kind: kind, state: state, reason: reason, exitCode: exitCode, job: job,
            attempt: attempt, outputs: outputs, logBytes: 0, logLength: logBytes, startedAt: startedAt,
            finishedAt: finishedAt)
    }
}
