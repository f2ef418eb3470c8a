import Contracts

/// Which failure each step of a stage waited for, for the reason of one that is skipped.
struct FailureCauses {
    private let steps: [Step]
    private let failed: [Int?]
    /// The same by jobs: one may fail before any of its steps runs.
    private let failedJobs: [Int?]
    private let first: String

    init(_ stage: Int, _ plan: Plan, _ progress: RunProgress) {
        let steps = plan.process.stages[stage].steps
        let planned = plan.stages[stage].steps
        let progress = progress.stages[stage]
        let graph = StepGraph(plan.process.stages[stage]).graph
        self.steps = steps
        failed = graph.causes { progress.steps[$0].state == .failure && steps[$0].failsItsStage }
        failedJobs = graph.causes { planned[$0].job.map { progress.jobs[$0] == .failure } ?? false }
        first = progress.failure ?? "the stage"
    }

    /// Why a step is skipped that runs on success only, or `nil` for one that runs on failure.
    func reason(of step: Int) -> SkipReason? {
        if let cause = failed[step] { return SkipReason(.earlierFailure, "step “\(steps[cause].name)” failed") }
        return steps[step].when.refusal(failing: first, isAwaited: failedJobs[step] != nil, word: "when")
    }
}

extension Step {
    /// Whether a failure of it fails its stage. A detached step that worked once may end as it likes.
    var failsItsStage: Bool { failure != .ignore && !detach }
}
