import Contracts

/// Lines and nothing else: for a file, a pipe, the log of another system.
actor PlainScreen: FollowScreen {
    private let console: Console
    private var states: [Int: RunState] = [:]
    private var run: RunState?
    private var wait = WaitNotice()

    init(console: Console) { self.console = console }

    func log(step: StepView, line: String, stamp: String?) {
        let stamp = stamp.map { "\($0) " } ?? ""
        console.write(line: "\(step.name) | \(stamp)\(PlainText.logLine(line, colours: console.style.colours))")
    }

    func changed(_ view: RunView) {
        if run == nil { console.write(line: RunText.headline(view.summary, style: console.style, now: .now)) }
        run = view.summary.state
        wait.note(view.summary, now: .now)
        for step in view.stages.flatMap(\.steps) where states[step.id] != step.state {
            let isNew = states[step.id] == nil
            states[step.id] = step.state
            if step.state == .pending, isNew { continue }
            console.write(line: RunText.stepLine(step, style: console.style, now: .now))
        }
    }

    func remark(_ text: String) { Console.remark(text) }

    func tick() {
        guard let reason = wait.due(now: .now) else { return }
        let mark = console.style.paint("\(RunState.pending.symbol) \(RunState.pending.word)", RunState.pending.tone)
        console.write(line: "\(mark): \(PlainText.singleLine(reason))")
    }

    func finished(_ view: RunView) {
        console.write(lines: RunText.ending(view, style: console.style, now: .now))
    }
}
