import Contracts

/// Why a command could not do what it was asked: what is wrong, with the value that was, and what to do.
struct CommandError: Error, Equatable, CustomStringConvertible {
    var message: String
    var remedy: String?
    var details: [String]
    /// Whether the command line itself was wrong: then the exit code is 2, else 1.
    var isUsage: Bool

    init(_ message: String, remedy: String? = nil, details: [String] = [], isUsage: Bool = false) {
        self.message = message
        self.remedy = remedy
        self.details = details
        self.isUsage = isUsage
    }

    init(_ problem: Problem) {
        self.init(problem.message, remedy: problem.remedy, details: problem.details ?? [])
    }

    var description: String { lines(style: .plain).joined(separator: "\n") }

    func lines(style: Style) -> [String] {
        var lines = [style.paint("slipway:", .bad) + " " + message]
        lines += details.map { "  " + $0 }
        if let remedy { lines.append(style.paint("  → ", .faint) + remedy) }
        return lines
    }
}
