import Contracts

/// A terminal: log lines go up into its history, below them stands the state of every step and is redrawn.
actor LiveScreen: FollowScreen {
    private let console: Console
    private var view: RunView?
    private var drawnLines = 0
    private var frame = 0
    private var waiting: [String] = []
    private var notice: String?
    private let size: @Sendable () -> (columns: Int, rows: Int)
    private let now: @Sendable () -> Timestamp

    init(
        console: Console, size: @escaping @Sendable () -> (columns: Int, rows: Int) = { Console.size() ?? (80, 24) },
        now: @escaping @Sendable () -> Timestamp = { .now }
    ) {
        self.console = console
        self.size = size
        self.now = now
    }

    func log(step: StepView, line: String, stamp: String?) {
        var prefix = console.style.paintPrefix(step.name + " │", index: step.id)
        if let stamp { prefix += " " + console.style.paint(stamp, .faint) }
        waiting.append(prefix + " " + PlainText.logLine(line, colours: console.style.colours))
        // Redrawing for every line of a fast log would cost more than the log; the next tick shows the rest.
        if waiting.count >= 2000 { draw() }
    }

    func changed(_ view: RunView) {
        self.view = view
        notice = nil
        draw()
    }

    func remark(_ text: String) {
        notice = text
        draw()
    }

    func tick() {
        frame += 1
        draw()
    }

    func finished(_ view: RunView) {
        self.view = nil
        notice = nil
        for step in view.stages.flatMap(\.steps) {
            waiting.append(RunText.stepLine(step, style: console.style, now: now()))
        }
        waiting += RunText.ending(view, style: console.style, now: now())
        draw()
    }

    private func draw() {
        let size = size()
        var text = ""
        // One write for all of it, so that a terminal never shows half of a picture.
        if drawnLines > 0 { text += "\u{1B}[\(drawnLines)A\r\u{1B}[J" }
        for line in waiting { text += line + "\n" }
        waiting.removeAll(keepingCapacity: true)
        let block = view.map { LiveBlock(view: $0, notice: notice, frame: frame) }?
            .lines(style: console.style, columns: size.columns, rows: size.rows, now: now())
        for line in block ?? [] { text += line + "\n" }
        drawnLines = block?.count ?? 0
        if !text.isEmpty { console.write(text: text) }
    }
}
