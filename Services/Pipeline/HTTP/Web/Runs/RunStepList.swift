import Contracts

/// The stages and steps of a run's page, each step with its place in the run's time.
struct RunStepList: Sendable {
    struct Stage: Sendable {
        let name: String
        let state: String
        let mark: String
        let stageReason: String?
        let after: String?
        let steps: [Step]
    }

    struct Step: Sendable {
        let id: Int
        let name: String
        let kind: String
        let state: String
        let mark: String
        let reason: String?
        let took: String
        let since: String?
        let selected: Bool
        /// In percent of the run's time.
        let barStart: String
        let barWidth: String
    }

    let run: String
    let stages: [Stage]
    let waits: String

    init(_ view: RunView, selected: Int?, now: Timestamp) {
        let summary = view.summary
        run = summary.id.rawValue
        waits = RunText.waits(summary)
        let begin = summary.startedAt ?? summary.createdAt
        let length = max(1, (summary.finishedAt ?? now).milliseconds - begin.milliseconds)
        stages = view.stages.map { stage in
            Stage(
                name: stage.name, state: stage.state.rawValue, mark: StateMark.picture(stage.state),
                stageReason: stage.reason == summary.reason ? nil : stage.reason,
                after: stage.dependsOn.isEmpty ? nil : stage.dependsOn.joined(separator: ", "),
                steps: stage.steps.map { Self.step($0, selected: selected, begin: begin, length: length, now: now) })
        }
    }

    private static func step(
        _ step: StepView, selected: Int?, begin: Timestamp, length: Int64, now: Timestamp
    ) -> Step {
        var start = 0.0
        var width = 0.0
        if let startedAt = step.startedAt {
            start = Double(startedAt.milliseconds - begin.milliseconds) * 100 / Double(length)
            width = Double((step.finishedAt ?? now).milliseconds - startedAt.milliseconds) * 100 / Double(length)
        }
        return Step(
            id: step.id, name: step.name, kind: step.kind == "commands" || step.kind == step.name ? "" : step.kind,
            state: StateMark.style(step), mark: StateMark.picture(step),
            reason: step.reason.map { step.isIgnored ? "ignored: \($0)" : $0 }
                ?? (step.attempt > 1 ? "attempt \(step.attempt)" : nil),
            took: TimeText.span(from: step.startedAt, to: step.finishedAt, now: now) ?? "",
            since: PageTime.since(step.startedAt, step.finishedAt), selected: step.id == selected,
            barStart: tenths(min(98, max(0, start))),
            barWidth: step.startedAt == nil ? "0" : tenths(min(100, max(1.5, width))))
    }

    private static func tenths(_ percent: Double) -> String { "\((percent * 10).rounded() / 10)" }
}
