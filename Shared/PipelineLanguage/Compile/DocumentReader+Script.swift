/// What a shell will make of `commands`.
extension DocumentReader {
    private static let shells: Set<Substring> = ["sh", "bash", "ash", "dash", "ksh", "zsh"]

    /// Each command is read by itself, unlike in Drone. Whoever has one that is not whole has more of them.
    func checkWholeness(_ commands: SourceNode?, shell: String?) {
        guard let commands, Self.shells.contains((shell ?? "sh").split(separator: "/").last ?? "") else { return }
        for element in elements(commands) {
            guard let text = plainText(element), let problem = ShellScanner.incompleteness(of: text) else { continue }
            sink.warning(
                .suspicious,
                "each of “commands” is read by itself, and this one has \(problem); make one text, “- |”, of the lines that "
                    + "belong together", at: element)
            return
        }
    }
}
