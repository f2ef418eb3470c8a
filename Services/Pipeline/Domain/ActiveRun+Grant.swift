import Contracts
import PipelineLanguage

/// What a worker learns about the run with its job.
extension ActiveRun {
    /// Where the run comes from.
    var origin: RunOrigin {
        RunOrigin(
            repository: summary.repository, ref: details.trigger.ref, event: details.trigger.event,
            tipOf: details.trigger.tipOf ?? [])
    }

    /// How the stage's steps of other jobs ended.
    func outcomes(before job: Job) -> [String: StepOutcome] {
        var outcomes: [String: StepOutcome] = [:]
        for step in rows.steps where step.stage == job.stage && !job.steps.contains(step.name) && !step.isService {
            switch planner.progress.state(of: step.name, stage: job.stage, in: plan) {
            case .success: outcomes[step.name] = .success
            case .failure: outcomes[step.name] = .failure
            case .cancelled: outcomes[step.name] = .cancelled
            case .skipped: outcomes[step.name] = .skipped
            case .pending, .running, nil: break
            }
        }
        return outcomes
    }

    /// The other stages that have failed so far.
    func failedStages(beside stage: Int) -> [String] {
        rows.stages.filter { $0.position != stage && $0.state == .failure }.map(\.name)
    }

    /// When the first step of a stage began; now, where none has.
    func startOfStage(_ stage: Int) -> Timestamp {
        rows.steps.lazy.filter { $0.stage == stage }.compactMap(\.startedAt).min() ?? now
    }

    /// What steps have handed on: those of earlier stages too; the stage's own win.
    func outputs(for job: Job) -> [String: [String: String]] {
        handedOn(to: job, \.outputs)
    }

    /// What steps have not handed on since it holds a secret.
    func dropped(for job: Job) -> [String: [String: String]] { handedOn(to: job, \.dropped) }

    private func handedOn(
        to job: Job, _ values: KeyPath<StepRecord, [String: String]>
    ) -> [String: [String: String]] {
        let steps = rows.steps.filter { !$0[keyPath: values].isEmpty }
        let ordered = steps.filter { $0.stage != job.stage } + steps.filter { $0.stage == job.stage }
        return Dictionary(ordered.map { ($0.name, $0[keyPath: values]) }, uniquingKeysWith: { $1 })
    }
}

extension RunProgress {
    fileprivate func state(of step: String, stage: Int, in plan: Plan) -> RunState? {
        guard stages.indices.contains(stage),
            let number = plan.stages[stage].steps.firstIndex(where: { $0.name == step })
        else { return nil }
        return stages[stage].steps[number].state
    }
}
