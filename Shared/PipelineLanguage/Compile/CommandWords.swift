/// The words of a command line, for advice on how to write it as a list.
enum CommandWords {
    /// The line as a list in YAML's brackets: its words; `nil` where it needs a shell.
    static func list(_ line: String) -> String? { words(of: line).map(list) }

    /// The line as a list of one entry, as `commands` are.
    static func commands(_ line: String) -> String { list([line]) }

    /// The line as a list that calls a shell for it.
    static func call(_ line: String) -> String { list(["sh", "-c", line]) }

    private static func list(_ words: [String]) -> String { "[\(words.map(entry).joined(separator: ", "))]" }

    /// What is no program but the shell's own, or its grammar's.
    private static let shellWords: Set<String> = [
        ".", "!", "[[", "alias", "case", "cd", "command", "eval", "exec", "exit", "export", "for", "function", "if",
        "local",
        "popd", "pushd", "read", "return", "set", "shift", "shopt", "source", "time", "trap", "type", "ulimit", "umask",
        "unset", "until", "wait", "while",
    ]

    /// The words a shell would make of a line; `nil` where it would do more than that, or could not read it.
    private static func words(of line: String) -> [String]? {
        guard let words = split(line), let first = words.first, !shellWords.contains(first) else { return nil }
        // `NAME=value program`
        let name = first.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        return name.isEmpty || first.dropFirst(name.count).first != "=" ? words : nil
    }

    private static func split(_ line: String) -> [String]? {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in line {
            if let open = quote {
                guard character != open else {
                    quote = nil
                    continue
                }
                // What a shell replaces there.
                if open == "\"", "$`\\".contains(character) { return nil }
                word?.append(character)
            } else if character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if character.isNewline {
                return nil
            } else if character.isWhitespace {
                if let found = word { words.append(found) }
                word = nil
            } else if "&|;<>()$`\\*?#~{}".contains(character) {
                return nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        if let found = word { words.append(found) }
        return quote == nil ? words : nil
    }

    private static func entry(_ word: String) -> String {
        let isPlain =
            word.first.map { $0.isLetter || "/._-".contains($0) } ?? false
            && word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-=+@%".contains($0)) }
            && word != "-" && !["true", "false", "null"].contains(word.lowercased())
        if isPlain { return word }
        // On one line, as it is in brackets.
        let isQuoted = (word.contains("\"") || word.contains("\\")) && !word.contains(where: \.isNewline)
        let escaped = word.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        return isQuoted ? "'\(word.replacing("'", with: "''"))'" : "\"\(escaped)\""
    }
}
