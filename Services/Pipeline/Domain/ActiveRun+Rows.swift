import Contracts
import PipelineLanguage

extension ActiveRun {
    /// What is kept of the run and changes.
    struct Rows: Sendable, Equatable {
        var summary: RunSummary
        var stages: [StageRecord]
        var steps: [StepRecord]
        var jobs: [Job]
    }
}

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

    /// Takes over the states of the planner's stages and steps.
    mutating func follow(_ planner: Planner, now: Timestamp) {
        for (position, progress) in planner.progress.stages.enumerated() {
            stages[position].state = progress.state
            stages[position].reason = progress.reason
            let planned = planner.plan.stages[position].steps
            for (number, step) in progress.steps.enumerated() {
                guard
                    let index = steps.firstIndex(where: { $0.stage == position && $0.name == planned[number].name })
                else { continue }
                steps[index].take(step, now: now)
            }
            guard progress.state.isFinal else { continue }
            // Services are not the planner's: they end with their stage.
            for index in steps.indices where steps[index].stage == position && steps[index].isService {
                steps[index].endService(now: now)
            }
        }
    }
}
