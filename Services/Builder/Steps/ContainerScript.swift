import PipelineLanguage

/// The commands of a step as one script. It is a file, so that a command that reads standard input cannot eat it.
struct ContainerScript: Sendable, Hashable {
    /// Each command is shown before it runs; the first that fails ends the step.
    let text: String
    /// What runs the file at a path.
    let interpreter: [String]

    init(_ step: Step) {
        let shell = step.shell ?? "/bin/sh"
        interpreter = [shell.contains("/") ? shell : "/bin/\(shell)", "-e"]
        // One stream: of two pipes nobody could tell which line came first.
        text = "exec 2>&1\n" + step.commands.map { "printf '%s\\n' \(Self.quoted("+ " + $0))\n\($0)\n" }.joined()
    }

    /// A text as one word of the shell.
    static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
