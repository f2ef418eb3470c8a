import Contracts

/// The picture of a run below its log: a headline and the steps that matter, never more than half of the terminal.
struct LiveBlock: Sendable {
    var view: RunView
    var notice: String?
    /// Grows with time; turns the wheel of what runs.
    var frame: Int

    private static let wheel = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]

    func lines(style: Style, columns: Int, rows: Int, now: Timestamp) -> [String] {
        let steps = view.stages.flatMap(\.steps)
        let room = max(3, rows / 2 - 2)
        let shown = Self.choose(steps, room: room)
        let nameWidth = min(shown.map { TextWidth.of($0.name) }.max() ?? 0, max(8, columns / 3))
        var lines = [rule(columns: columns, style: style, now: now)]
        for step in shown {
            let name = TextWidth.truncate(step.name, to: nameWidth)
            let padding = String(repeating: " ", count: nameWidth - TextWidth.of(name))
            let time = TimeText.span(from: step.startedAt, to: step.finishedAt, now: now) ?? ""
            let symbol = step.state == .running ? Self.wheel[frame % Self.wheel.count] : step.symbol
            let head = "\(name)\(padding)  \(String(repeating: " ", count: max(0, 7 - TextWidth.of(time))))\(time)"
            let left = max(0, columns - TextWidth.of(head) - 5)
            let reason = TextWidth.truncate(PlainText.singleLine(step.reason ?? ""), to: left)
            lines.append(
                style.paint(symbol, step.tone) + " "
                    + style.paint(head, step.state == .pending || step.state == .skipped ? .faint : .plain)
                    + (reason.isEmpty ? "" : "  " + style.paint(reason, step.tone == .bad ? .bad : .faint)))
        }
        if shown.count < steps.count {
            let hidden = steps.count - shown.count
            let done = steps.filter { $0.state.isFinal }.count
            lines.append(style.paint("  \(hidden) more steps, \(done) of \(steps.count) done", .faint))
        }
        if steps.isEmpty {
            lines.append(
                style.paint(
                    TextWidth.truncate("  " + (view.summary.reason ?? "waits for its source"), to: columns - 1), .faint)
            )
        }
        if let notice { lines.append(style.paint(TextWidth.truncate("! " + notice, to: columns - 1), .notice)) }
        return lines
    }

    private func rule(columns: Int, style: Style, now: Timestamp) -> String {
        let summary = view.summary
        let time = TimeText.span(from: summary.startedAt ?? summary.createdAt, to: summary.finishedAt, now: now) ?? ""
        let title = "\(summary.repository)#\(summary.number)"
        let tail = [summary.refName, summary.commit?.short, time].compactMap { $0 }.joined(separator: "  ")
        let text = TextWidth.truncate("── \(title)  \(tail) ", to: columns - 1)
        let line = String(repeating: "─", count: max(0, columns - 1 - TextWidth.of(text)))
        return style.paint(text + line, .faint)
    }

    /// The steps there is room for: those that run or failed first, then the newest ends and the next to come; shown in
    /// the run's order.
    static func choose(_ steps: [StepView], room: Int) -> [StepView] {
        guard steps.count > room else { return steps }
        func rank(_ step: StepView) -> Int {
            switch step.state {
            case .running: 0
            case .failure: step.isIgnored ? 3 : 1
            case .pending: 2
            case .success, .cancelled: 3
            case .skipped: 4
            }
        }
        let ranked = steps.enumerated().sorted { left, right in
            let (first, second) = (rank(left.element), rank(right.element))
            return first != second ? first < second : left.offset < right.offset
        }
        let kept = Set(ranked.prefix(room).map(\.offset))
        return steps.enumerated().filter { kept.contains($0.offset) }.map(\.element)
    }
}
