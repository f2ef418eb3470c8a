/// What a piece of output means; ``Style`` decides whether and how it is coloured.
enum Tone: Sendable, Hashable {
    case plain, faint, strong, good, bad, busy, notice, name

    /// The SGR parameters, or `nil` for none.
    var code: String? {
        switch self {
        case .plain: nil
        case .faint: "2"
        case .strong: "1"
        case .good: "32"
        case .bad: "31"
        case .busy: "34"
        case .notice: "33"
        case .name: "36"
        }
    }
}

/// Colours, or none of them.
struct Style: Sendable, Hashable {
    let colours: Bool

    static let plain = Style(colours: false)

    func paint(_ text: String, _ tone: Tone) -> String {
        guard colours, !text.isEmpty, let code = tone.code else { return text }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }

    /// Gives each step's log a colour, the same one on every run of the command.
    func paintPrefix(_ text: String, index: Int) -> String {
        guard colours else { return text }
        let palette = [36, 35, 33, 34, 32, 96, 95, 93, 94]
        return "\u{1B}[\(palette[index % palette.count])m\(text)\u{1B}[0m"
    }
}
