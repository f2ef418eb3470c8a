import Contracts
import PipelineLanguage

extension ActiveRun.Rows {
    /// Those of a run that has just been planned.
    init(of plan: Plan, _ summary: RunSummary) {
        self.init(summary: summary, stages: [], steps: [], jobs: [])
        for (position, planned) in plan.stages.enumerated() {
            let stage = plan.process.stages[position]
            stages.append(
                StageRecord(
                    run: summary.id, position: position, name: planned.name,
                    state: planned.skipped == nil ? .pending : .skipped,
                    reason: planned.skipped?.text, dependsOn: stage.dependsOn))
            for service in planned.services {
                steps.append(
                    StepRecord(
                        run: summary.id, id: steps.count + 1, stage: position, name: service.name, kind: "service",
                        state: service.skipped == nil ? .pending : .skipped, reason: service.skipped?.text,
                        ignoresFailure: stage.services.first { $0.name == service.name }?.failure == .ignore))
            }
            for step in planned.steps {
                steps.append(
                    StepRecord(
                        run: summary.id, id: steps.count + 1, stage: position, name: step.name,
                        kind: step.kind.rawValue,
                        state: step.skipped == nil ? .pending : .skipped, reason: step.skipped?.text,
                        ignoresFailure: stage.step(step.name)?.failure == .ignore))
            }
        }
    }
}
