public import Contracts

/// A run, as a value: told what happened, it answers what to do. It holds no clock and does no I/O; whoever owns it
/// performs the actions in their order and keeps ``progress``.
///
/// Repeats and late news are harmless: what is final stays as it is.
public struct Planner: Sendable, Hashable {
    public let plan: Plan
    public internal(set) var progress: RunProgress
    private let numbers: [String: Int]

    /// What is to be done, in this order.
    public enum Action: Sendable, Hashable {
        /// A stage begins: its timeout counts from now.
        case stageStarted(String)
        /// Give the job to a worker.
        case startJob(JobKey)
        /// Stop the job where it runs; its ``Planner/jobFinished(_:outcome:reason:reports:)`` is still awaited.
        case cancelJob(JobKey, reason: String)
        /// The step will not run.
        case skipStep(StepKey, SkipReason)
        case stageFinished(String, RunState)
        /// The run is over; nothing follows.
        case finished(RunState, reason: String?)
    }

    public init(plan: Plan) {
        self.init(plan: plan, unchecked: RunProgress(plan))
    }

    /// Takes a run up again.
    /// - Returns: `nil` where the progress is that of another plan.
    public init?(plan: Plan, progress: RunProgress) {
        guard progress.fits(plan) else { return nil }
        self.init(plan: plan, unchecked: progress)
    }

    private init(plan: Plan, unchecked progress: RunProgress) {
        self.plan = plan
        self.progress = progress
        var numbers: [String: Int] = [:]
        for (number, stage) in plan.stages.enumerated() where numbers[stage.name] == nil {
            numbers[stage.name] = number
        }
        self.numbers = numbers
    }

    /// The run's final state, or `nil` while it goes on.
    public var outcome: RunState? { progress.state.isFinal ? progress.state : nil }

    /// Begins the run.
    public mutating func start() -> [Action] {
        guard progress.state == .pending else { return [] }
        progress.state = .running
        return advance()
    }

    /// A worker was granted the job.
    public mutating func jobStarted(_ key: JobKey) -> [Action] {
        guard let (stage, job) = find(key), progress.stages[stage].jobs[job] == .queued else { return [] }
        progress.stages[stage].jobs[job] = .running
        return []
    }

    /// A step began.
    public mutating func stepStarted(_ step: String, in key: JobKey) -> [Action] {
        guard let (stage, job) = find(key), !progress.stages[stage].jobs[job].isFinal,
            let number = find(step, in: plan.stages[stage].jobs[job], of: stage),
            progress.stages[stage].steps[number].state == .pending
        else { return [] }
        progress.stages[stage].jobs[job] = .running
        progress.stages[stage].steps[number].state = .running
        return []
    }

    /// A step ended. Jobs that waited for it may start while its own goes on.
    public mutating func stepFinished(
        _ step: String, in key: JobKey, outcome: StepOutcome, exitCode: Int32? = nil, reason: String? = nil
    ) -> [Action] {
        guard let (stage, job) = find(key), !progress.stages[stage].jobs[job].isFinal,
            let number = find(step, in: plan.stages[stage].jobs[job], of: stage)
        else { return [] }
        progress.stages[stage].jobs[job] = .running
        var actions = settle(number, of: stage, outcome: outcome, exitCode: exitCode, reason: reason)
        actions += advance()
        return actions
    }

    /// A job ended. Steps nothing was heard of are settled by the job's outcome.
    public mutating func jobFinished(
        _ key: JobKey, outcome: JobFinished.Outcome, reason: String? = nil, reports: [StepReport] = []
    ) -> [Action] {
        guard outcome != .released else { return jobReleased(key) }
        guard let (stage, job) = find(key), !progress.stages[stage].jobs[job].isFinal else { return [] }
        var actions: [Action] = []
        for report in reports {
            guard let number = find(report.step, in: plan.stages[stage].jobs[job], of: stage) else { continue }
            actions += settle(
                number, of: stage, outcome: report.outcome, exitCode: report.exitCode, reason: report.reason)
        }
        close(job, of: stage, outcome: outcome, reason: reason)
        actions += advance()
        return actions
    }

    /// The job goes back and will be granted again: what its steps have done so far does not count, except where
    /// another job has already been started because of it.
    public mutating func jobReleased(_ key: JobKey) -> [Action] {
        guard let (stage, job) = find(key), progress.stages[stage].jobs[job] == .running else { return [] }
        if progress.cancelled != nil || progress.stages[stage].stop != nil {
            close(job, of: stage, outcome: .cancelled, reason: progress.stages[stage].stop?.text)
            return advance()
        }
        progress.stages[stage].jobs[job] = .queued
        var isReliedOn = Set<Int>()
        for other in plan.stages[stage].jobs.indices where progress.stages[stage].jobs[other] != .waiting {
            isReliedOn.formUnion(plan.stages[stage].jobs[other].afterNumbers)
        }
        for number in plan.stages[stage].jobs[job].stepNumbers where !isReliedOn.contains(number) {
            progress.stages[stage].steps[number] = RunProgress.Step(state: .pending)
        }
        return []
    }

    /// Someone ends the run. Jobs that run are stopped and awaited; nothing else starts.
    public mutating func cancel(reason: String) -> [Action] {
        guard outcome == nil, progress.cancelled == nil else { return [] }
        progress.cancelled = reason
        var actions: [Action] = []
        for stage in progress.stages.indices where !progress.stages[stage].state.isFinal {
            actions += stop(stage, SkipReason(.cancelled, reason))
        }
        progress.state = .running
        actions += advance()
        return actions
    }

    /// The stage has taken longer than it may: it fails.
    public mutating func stageTimedOut(_ name: String) -> [Action] {
        guard let stage = numbers[name], progress.stages[stage].state == .running else { return [] }
        let reason = SkipReason(.timedOut, "stage “\(name)” took longer than it may")
        progress.stages[stage].failure = "stage “\(name)”"
        progress.stages[stage].reason = reason.text
        var actions = stop(stage, reason)
        actions += advance()
        return actions
    }
}

extension Planner {
    private func find(_ key: JobKey) -> (stage: Int, job: Int)? {
        guard let stage = numbers[key.stage], plan.stages[stage].jobs.indices.contains(key.index) else { return nil }
        return (stage, key.index)
    }

    private func find(_ step: String, in job: PlannedJob, of stage: Int) -> Int? {
        guard let number = plan.stages[stage].numbers[step], plan.stages[stage].steps[number].job == job.key.index
        else { return nil }
        return number
    }
}
