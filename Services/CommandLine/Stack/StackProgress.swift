import Glibc

/// Tells how far a stack has come: on a terminal one line for each part that changes in place, else a line for each
/// change. Written to standard error; the answer alone goes to standard output.
struct StackProgress {
    private let isTerminal: Bool
    private let style: Style
    private var parts: [(name: String, state: String, tone: Tone)] = []
    private var drawn = 0
    private var frame = 0

    init() {
        // The answer may go into a file or a pipe; whoever waits for it reads here.
        let console = Console(for: STDERR_FILENO)
        isTerminal = console.isTerminal
        style = console.style
    }

    mutating func set(_ name: String, _ state: String, _ tone: Tone) {
        if let index = parts.firstIndex(where: { $0.name == name }) {
            guard parts[index].state != state else { return }
            parts[index] = (name, state, tone)
        } else {
            parts.append((name, state, tone))
        }
        if isTerminal {
            draw()
        } else if tone != .busy {
            Console.remark("\(name) \(state)")
        }
    }

    mutating func tick() {
        frame += 1
        if isTerminal { draw() }
    }

    private mutating func draw() {
        let wheel = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]
        let width = parts.map { TextWidth.of($0.name) }.max() ?? 0
        // Line by line: a terminal that keeps what is cleared would keep every picture.
        var text = drawn > 0 ? "\u{1B}[\(drawn)A\r" : ""
        for part in parts {
            let symbol =
                switch part.tone {
                case .good: "✔"
                case .bad: "✘"
                default: wheel[frame % wheel.count]
                }
            let padding = String(repeating: " ", count: width - TextWidth.of(part.name))
            let state = TextWidth.truncate(
                part.state, to: max(10, (Console.size(of: STDERR_FILENO)?.columns ?? 80) - width - 6))
            text += "\(style.paint(symbol, part.tone)) \(part.name)\(padding)  \(style.paint(state, .faint))\u{1B}[K\n"
        }
        drawn = parts.count
        Console.remark(String(text.dropLast()))
    }
}
