/// What a shell will make of `commands`.
extension DocumentReader {
    /// Each command is read by itself, unlike in Drone. Whoever has one that is not whole has more of them.
    func checkWholeness(_ commands: SourceNode?, shell: String?) {
        guard let commands else { return }
        if case .scalar(let scalar) = commands.content, !scalar.isQuoted, scalar.text.first == "-",
            scalar.text.dropFirst().first?.isLetter == true
        {
            sink.warning(
                .suspicious,
                "a blank belongs behind the dash of a list's entry: “- \(scalar.text.dropFirst().prefix(60))”",
                at: commands)
        }
        guard ShellName.isShell(shell ?? "sh") else { return }
        for element in elements(commands) {
            guard let text = plainText(element) else { continue }
            if let word = ShellScanner.wordWithForeignBlank(in: text) {
                let reference = SourceReference(
                    name: "", hasDefault: false, isScript: true, source: word, mark: element.mark,
                    lines: text.utf8.count { $0 == UInt8(ascii: "\n") } + 1)
                let (mark, length) = sink.place(of: reference)
                sink.warning(
                    .suspicious,
                    "U+\(Self.code(word)) is no blank to a shell, so “\(word)” is one word; put a space in its place",
                    at: mark, length: length)
            }
            guard let problem = ShellScanner.incompleteness(of: text) else { continue }
            sink.warning(
                .suspicious,
                "each of “commands” is read by itself, and this one has \(problem); make one text, “- |”, of the lines that "
                    + "belong together", at: element)
            return
        }
    }

    private static func code(_ word: String) -> String {
        let blank = word.unicodeScalars.first(where: ShellScanner.isForeignBlank)?.value ?? 0
        return "0000\(String(blank, radix: 16, uppercase: true))".suffix(4).description
    }
}
