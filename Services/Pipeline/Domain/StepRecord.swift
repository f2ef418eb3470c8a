import Contracts
import PipelineLanguage

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
    /// What it does not hand on since that holds a secret: by name what is in it.
    var dropped: [String: String] = [:]
    /// The length of its log as its worker told it.
    var logBytes: Int64?
    var startedAt: Timestamp?
    var finishedAt: Timestamp?

    /// Whether it runs beside the steps of its stage; the planner knows nothing of it.
    var isService: Bool { kind == "service" }

    var view: StepView {
        StepView(
            id: id, name: name, kind: kind, state: state, reason: reason, exitCode: exitCode, job: job,
            attempt: attempt, outputs: outputs, logBytes: 0, logLength: logBytes, startedAt: startedAt,
            finishedAt: finishedAt)
    }
}

extension StepRecord {
    /// Takes the planner's word.
    mutating func take(_ step: RunProgress.Step, now: Timestamp) {
        if step.state == .pending, state != .pending {
            // Its job goes to another worker: what this attempt did does not count.
            exitCode = nil
            outputs = [:]
            dropped = [:]
            logBytes = nil
            startedAt = nil
            finishedAt = nil
        }
        state = step.state
        reason = step.reason
        exitCode = step.exitCode ?? exitCode
        if state.isFinal, startedAt != nil, finishedAt == nil { finishedAt = now }
    }

    /// Keeps what a worker's report says beside the outcome, which is the planner's; of a service it is the worker's.
    mutating func record(_ report: StepReport, attempt: Int, now: Timestamp) {
        // What the planner settled already stays.
        if state.isFinal, !isService {
            logBytes = report.logBytes
            return
        }
        self.attempt = attempt
        exitCode = report.exitCode
        ignoresFailure = report.ignored ?? ignoresFailure
        outputs = report.outputs
        dropped = report.dropped ?? [:]
        logBytes = report.logBytes
        startedAt = report.startedAt ?? startedAt
        finishedAt = startedAt == nil ? nil : report.finishedAt ?? now
        if isService {
            state = RunState(report.outcome)
            reason = report.reason
        }
    }

    /// The stage of a service is over.
    mutating func endService(now: Timestamp) {
        guard !state.isFinal else { return }
        state = state == .running ? .success : .skipped
        if state == .success { finishedAt = now }
    }
}
