/// Here-documents (`<<END`) in the text of a command, as far as a message needs them; the shell decides what is one.
enum HereDocument {
    /// The first word that is to end a here-document and has no line to itself after it, or `nil`.
    static func unended(in command: String) -> String? {
        let lines = command.split(separator: "\n", omittingEmptySubsequences: false)
        var number = 0
        while number < lines.count {
            var next = number + 1
            for (end, isIndented) in ends(in: lines[number]) {
                let line = lines[next...].firstIndex { line in
                    (isIndented ? line.drop { $0 == "\t" } : line) == end
                }
                guard let line else { return end }
                next = line + 1
            }
            number = next
        }
        return nil
    }

    /// The words that end the here-documents a line begins, and whether tabs may precede them (`<<-`).
    private static func ends(in line: Substring) -> [(end: String, isIndented: Bool)] {
        var ends: [(String, Bool)] = []
        var rest = line
        while let start = rest.firstIndex(of: "<") {
            let signs = rest[start...].prefix { $0 == "<" }
            rest = rest[signs.endIndex...]
            guard signs.count == 2 else { continue }
            let isIndented = rest.first == "-"
            if isIndented { rest = rest.dropFirst() }
            rest = rest.drop { $0 == " " || $0 == "\t" }
            if let word = word(&rest) { ends.append((word, isIndented)) }
        }
        return ends
    }

    /// Takes the word at the beginning of the text, without its quotes.
    private static func word(_ rest: inout Substring) -> String? {
        var word = ""
        while let character = rest.popFirst() {
            switch character {
            case "'", "\"":
                word += rest.prefix { $0 != character }
                rest = rest.drop { $0 != character }.dropFirst()
            case "\\":
                if let next = rest.popFirst() { word.append(next) }
            case " ", "\t", ";", "&", "|", "<", ">", "(", ")", "`": return word.isEmpty ? nil : word
            default: word.append(character)
            }
        }
        return word.isEmpty ? nil : word
    }
}
