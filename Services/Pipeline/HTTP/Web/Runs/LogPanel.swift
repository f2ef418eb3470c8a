import Contracts

/// The log's part of a run's page.
struct LogPanel: Sendable {
    struct Output: Sendable {
        let name: String
        let value: String
        /// Where a rollout's result can be seen.
        let link: String?
    }

    let run: String
    let step: Int
    let hasStep: Bool
    /// Where its text is, without a page around it.
    let raw: String?
    let name: String?
    let facts: String
    let state: String
    let reason: String?
    let outputs: [Output]
    let hasOutputs: Bool
    let earlier: Int?
    let later: Int?
    let lines: String
    let quiet: String?
    /// The step that was asked for, or nothing where the page chooses.
    let wanted: String

    init(_ view: RunView, step: StepView?, wanted: Int?, log: LogChunks.Rendered) {
        run = view.summary.id.rawValue
        self.step = step?.id ?? -1
        hasStep = step != nil
        raw = step.map { APIPath.log.path([view.summary.id.rawValue, "\($0.id)"]) }
        name = step?.name
        self.wanted = wanted.map { "\($0)" } ?? ""
        lines = log.html
        earlier = log.earlier
        later = log.later
        guard let step else {
            facts = ""
            state = view.summary.state.rawValue
            reason = nil
            outputs = []
            hasOutputs = false
            quiet = RunText.waits(view.summary)
            return
        }
        state = StateMark.style(step)
        var words = [step.word]
        if let code = step.exitCode, code != 0 { words.append("exit code \(code)") }
        if step.attempt > 1 { words.append("attempt \(step.attempt)") }
        if step.state.isFinal, step.logBytes > 0 { words.append(PageTime.size(step.logBytes)) }
        facts = words.joined(separator: " · ")
        // What the line above says already needs no second line.
        reason = step.reason.flatMap { words.contains($0) ? nil : $0 }
        outputs = step.outputs.sorted { $0.key < $1.key }.map { name, value in
            let isLink = step.kind == "deploy" && name == "url"
            return Output(name: name, value: value, link: isLink ? value : nil)
        }
        hasOutputs = !outputs.isEmpty
        quiet =
            switch step.state {
            case .pending: "It has not started yet."
            case .running: log.html.isEmpty ? "No output yet." : nil
            default: log.html.isEmpty ? "It printed nothing." : nil
            }
    }

    /// The step a page shows unless another was asked for: the first whose failure counts, else the one that runs, else
    /// the last that said something.
    static func choose(_ view: RunView) -> StepView? {
        let steps = view.stages.flatMap(\.steps)
        return view.firstFailure
            ?? steps.last { $0.state == .running && $0.kind != "service" }
            ?? steps.last { $0.state == .running }
            ?? steps.last { $0.logBytes > 0 && $0.kind != "service" && !$0.isIgnored }
            ?? steps.last { $0.logBytes > 0 }
            ?? steps.first { !$0.isIgnored }
            ?? steps.first
    }
}
