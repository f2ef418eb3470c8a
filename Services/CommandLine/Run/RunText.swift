import Contracts
import Text

/// A run in words and lines.
enum RunText {
    /// `shop/web#12  ● running  push to main by anna, 3m ago`
    static func headline(_ run: RunSummary, style: Style, now: Timestamp) -> String {
        style.paint("\(run.repository)#\(run.number)", .strong) + "  "
            + style.paint("\(run.state.symbol) \(run.state.word)", run.state.tone) + "  " + cause(run) + ", "
            + TimeText.ago(run.createdAt, now: now)
    }

    /// `push to main by anna`
    static func cause(_ run: RunSummary) -> String {
        // What a person named is a branch, a tag or a commit; until its source is there nobody knows.
        if run.byHand == true, run.commit == nil, !run.ref.hasPrefix("refs/") {
            let who = run.startedBy?.account ?? run.sender
            return PlainText.singleLine("run of \(run.ref) by hand" + (who.map { ", by \($0)" } ?? ""))
        }
        let what =
            switch run.event {
            case .push: "push to \(run.refName)"
            case .tag: "tag \(run.refName)"
            case .pullRequest: "merge request into \(run.branch ?? run.refName)"
            case .cron: "schedule on \(run.refName)"
            case .custom: "run by hand on \(run.refName)"
            case .promote: "promotion of \(run.refName)"
            case .rollback: "rollback on \(run.refName)"
            }
        if run.madeUp == true { return PlainText.singleLine("\(what) without a hook") }
        let isByHand = run.byHand == true && run.event != .custom
        let sender = run.event == .custom ? run.startedBy?.account ?? run.sender : run.sender
        let who = sender.map { " by \($0)" } ?? ""
        guard isByHand else { return PlainText.singleLine(what + who) }
        let hand = run.startedBy.map { ", run by \($0.account)" } ?? (who.isEmpty ? " by hand" : ", run by hand")
        return PlainText.singleLine(what + who + hand)
    }

    /// `✔ compile  12s`
    static func stepLine(_ step: StepView, style: Style, now: Timestamp) -> String {
        var line =
            style.paint("\(step.symbol) \(PlainText.singleLine(step.name))", step.tone) + " " + step.word
        if step.state.isFinal, let time = TimeText.span(from: step.startedAt, to: step.finishedAt, now: now) {
            line += " in \(time)"
        }
        if let reason = step.reason { line += ": " + PlainText.singleLine(reason) }
        return line
    }

    /// What is said when a followed run has ended.
    static func ending(_ view: RunView, style: Style, now: Timestamp) -> [String] {
        let view = view.withDistinctNames()
        let run = view.summary
        var first =
            style.paint("\(run.state.symbol) \(run.repository)#\(run.number) \(run.state.word)", run.state.tone)
        if let time = TimeText.span(from: run.startedAt, to: run.finishedAt, now: now) { first += " in \(time)" }
        if let reason = run.reason { first += ": " + PlainText.singleLine(reason) }
        var lines = [first]
        for step in view.stages.flatMap(\.steps) where step.state == .failure && !step.isIgnored {
            var line = "  \(PlainText.singleLine(step.name)): "
            line += PlainText.singleLine(step.reason ?? step.exitCode.map { "exit code \($0)" } ?? "failed")
            lines.append(style.paint(line, .bad))
        }
        if run.state == .failure, let step = view.firstFailure {
            let name = ShellWord.quote(step.name)
            lines.append(style.paint("  slipway logs \(run.repository)#\(run.number) \(name)", .faint))
        }
        return lines
    }

    /// The whole of a run, as `slipway show` tells it.
    static func page(_ view: RunView, style: Style, width: Int?, now: Timestamp) -> [String] {
        let run = view.summary
        var lines = [headline(run, style: style, now: now)]
        var facts = Table([.init(""), .init("", shrinks: true)])
        facts.hasHeader = false
        facts.indent = 2
        if let reason = run.reason { facts.add(.init("reason", .faint), .init(reason, run.state.tone)) }
        if let note = run.note { facts.add(.init("note", .faint), .init(note)) }
        if let caller = run.startedBy { facts.add(.init("started by", .faint), .init(caller.text)) }
        if let caller = run.cancelledBy { facts.add(.init("cancelled by", .faint), .init(caller.text)) }
        if let commit = run.commit {
            facts.add(.init("commit", .faint), .init("\(commit.short)  \(PlainText.singleLine(commit.message))"))
            facts.add(.init("author", .faint), .init(commit.authorName))
        }
        if let time = TimeText.span(from: run.startedAt, to: run.finishedAt, now: now) {
            facts.add(.init("took", .faint), .init(time))
        }
        if let choice = view.choice {
            // Nothing was compiled where what was chosen came to nothing.
            if !choice.digest.isEmpty {
                let name = choice.name.map { " \($0)" } ?? ""
                facts.add(
                    .init("process", .faint), .init("\(choice.source.word)\(name)  \(choice.digest.prefix(19))"))
            }
            for (index, line) in choice.trace.enumerated() {
                facts.add(.init(index == 0 ? "why" : "", .faint), .init(line, .faint))
            }
        }
        facts.add(.init("id", .faint), .init(run.id.rawValue, .faint))
        lines += facts.lines(style: style, width: width)
        for stage in view.stages {
            lines.append("")
            lines.append(stageLine(stage, style: style))
            lines += stepTable(stage.steps, now: now).lines(style: style, width: width)
        }
        let outputs = outputTable(view.stages.flatMap(\.steps)).lines(style: style, width: width)
        if !outputs.isEmpty { lines += [""] + outputs }
        return lines
    }

    private static func stageLine(_ stage: StageView, style: Style) -> String {
        var line = style.paint(PlainText.singleLine(stage.name), .strong) + "  "
        line += style.paint(stage.state.word, stage.state.tone)
        if !stage.dependsOn.isEmpty {
            line += style.paint("  after " + stage.dependsOn.joined(separator: ", "), .faint)
        }
        if let reason = stage.reason { line += "  " + PlainText.singleLine(reason) }
        return line
    }

    /// What steps hand on, under the names by which later ones can use it.
    private static func outputTable(_ steps: [StepView]) -> Table {
        var table = Table([.init(""), .init("", shrinks: true)])
        table.hasHeader = false
        table.indent = 2
        for step in steps {
            for (name, value) in step.outputs.sorted(by: { $0.key < $1.key }) {
                table.add(.init("\(step.name).\(name)", .faint), .init(PlainText.firstLine(value)))
            }
        }
        return table
    }

    private static func stepTable(_ steps: [StepView], now: Timestamp) -> Table {
        var table = Table([.init(""), .init(""), .init(""), .init("", alignsRight: true), .init("", shrinks: true)])
        table.hasHeader = false
        table.indent = 2
        for step in steps {
            var notes: [String] = []
            if step.isIgnored { notes.append("ignored") }
            if let reason = step.reason { notes.append(reason) }
            if step.attempt > 1 { notes.append("attempt \(step.attempt)") }
            table.add(
                .init(step.symbol, step.tone), .init(step.name), .init(step.kind, .faint),
                .init(TimeText.span(from: step.startedAt, to: step.finishedAt, now: now) ?? ""),
                .init(notes.joined(separator: "; "), step.tone == .bad ? .bad : .faint))
        }
        return table
    }
}

extension ChoiceView.Source {
    var word: String {
        switch self {
        case .given: "given by hand"
        case .file: "file"
        case .component: "component"
        }
    }
}
