/// The words of a command line, for advice on how to write it as a list.
enum CommandWords {
    /// The line as entries of a list in YAML's brackets, without these: its words, or where it needs a shell a call of one.
    static func list(_ line: String) -> String {
        (words(of: line) ?? ["sh", "-c", line]).map(entry).joined(separator: ", ")
    }

    /// The words a shell would make of a line; `nil` where it would do more than that, or could not read it.
    private static func words(of line: String) -> [String]? {
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
        return isPlain
            ? word
            : word.contains("\"") || word.contains("\\")
                ? "'\(word.replacing("'", with: "''"))'" : "\"\(word)\""
    }
}
