import Contracts
import PipelineLanguage

/// A plan drawn for a terminal.
struct PlanTree {
    let plan: Plan
    let style: Style

    var lines: [String] {
        var lines = [heading]
        if let refusal = plan.refusal {
            return lines + ["  nothing runs: " + PlainText.singleLine(refusal.text)]
        }
        for (index, stage) in plan.stages.enumerated() {
            lines += self.lines(of: stage, isLast: index == plan.stages.count - 1)
        }
        lines.append(summary)
        return lines
    }

    private var heading: String {
        let facts = plan.facts
        var words = [facts.event.rawValue]
        if let branch = facts.branch {
            words.append("to \(branch)")
        } else if !facts.ref.isEmpty {
            words.append(facts.ref)
        }
        if let target = facts.target { words.append("target \(target)") }
        if let cron = facts.cron { words.append("schedule \(cron)") }
        let name = PlainText.singleLine(plan.process.name)
        return style.paint(name, .strong)
            + style.paint(" · " + PlainText.singleLine(words.joined(separator: " ")), .faint)
    }

    private func lines(of stage: PlannedStage, isLast: Bool) -> [String] {
        let branch = isLast ? "└─ " : "├─ "
        let trunk = isLast ? "   " : "│  "
        let name = PlainText.singleLine(stage.name)
        if let skipped = stage.skipped {
            let title = branch + style.paint("✗ \(name)", .faint) + reason(skipped.text)
            // Each of its steps has its own reason then.
            guard skipped.code == .nothingToDo else { return [title] }
            return [title] + draw(stage.steps.map { (skip($0), []) }).map { trunk + $0 }
        }
        var title = branch + style.paint("● ", .good) + style.paint(name, .strong)
        if !stage.dependsOn.isEmpty {
            title += style.paint("  after \(PlainText.singleLine(stage.dependsOn.joined(separator: ", ")))", .faint)
        }
        var rows: [(text: String, children: [String])] = stage.jobs.map { job in
            let what = job.isRollout ? "rollout" : "build"
            var text = style.paint("job \(job.key.index + 1) \(what)", .name)
            if !job.after.isEmpty {
                text += style.paint("  after \(PlainText.singleLine(job.after.joined(separator: ", ")))", .faint)
            }
            return (text, job.steps.map { step($0, of: stage, in: job) })
        }
        let services = stage.services.filter { $0.skipped != nil }.map { skip("service \($0.name)", $0.skipped) }
        let left = stage.steps.filter { $0.skipped != nil }.map(skip) + services
        if !left.isEmpty { rows.append((style.paint("not taking part", .faint), left)) }
        return [title] + draw(rows).map { trunk + $0 }
    }

    private func draw(_ rows: [(text: String, children: [String])]) -> [String] {
        rows.enumerated().flatMap { index, row in
            let isLast = index == rows.count - 1
            let children = row.children.enumerated().map { number, child in
                (isLast ? "   " : "│  ") + (number == row.children.count - 1 ? "└─ " : "├─ ") + child
            }
            return [(isLast ? "└─ " : "├─ ") + row.text] + children
        }
    }

    private func step(_ name: String, of stage: PlannedStage, in job: PlannedJob) -> String {
        var text = style.paint("● ", .good) + PlainText.singleLine(name)
        guard let planned = stage.step(name), let step = plan.process.stage(stage.name)?.step(name) else { return text }
        var notes: [String] = []
        let others = planned.dependsOn.filter { job.steps.contains($0) }
        if !others.isEmpty { notes.append("after \(others.joined(separator: ", "))") }
        if !step.when.runsOnSuccess { notes.append("only after a failure") }
        if step.when.runsOnSuccess, step.when.runsOnFailure { notes.append("also after a failure") }
        if step.failure == .ignore { notes.append("may fail") }
        if step.detach { notes.append("in the background") }
        if let deploy = step.deploy { notes.append("to \(deploy.environment)") }
        if !notes.isEmpty { text += style.paint("  " + PlainText.singleLine(notes.joined(separator: ", ")), .faint) }
        return text
    }

    private func skip(_ step: PlannedStep) -> String {
        skip(step.name, step.skipped)
    }

    private func skip(_ name: String, _ skipped: SkipReason?) -> String {
        style.paint("✗ \(PlainText.singleLine(name))", .faint) + reason(skipped?.text ?? "")
    }

    private func reason(_ text: String) -> String {
        "  " + style.paint(PlainText.singleLine(text), .notice)
    }

    private var summary: String {
        let steps = plan.stages.flatMap(\.steps)
        let running = steps.count { $0.skipped == nil }
        let jobs = plan.stages.reduce(0) { $0 + $1.jobs.count }
        return "\(running) of \(steps.count) steps would run, in \(jobs) \(jobs == 1 ? "job" : "jobs")"
    }
}
