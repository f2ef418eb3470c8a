/// Follows the quotes and keywords of a shell script, as far as a warning needs it: where a shell replaces nothing, and
/// whether the script ends what it begins.
struct ShellScanner {
    /// Why a shell replaces nothing at a place.
    enum Literal: Sendable, Hashable {
        case singleQuotes
        /// A here-document whose end is quoted: `<<'EOF'`.
        case hereDocument
    }

    private struct HereDocument {
        var end: String
        var isQuoted: Bool
        var ignoresTabs: Bool
    }

    /// What is before a place in its command, as far as it says who reads what is quoted there.
    ///
    /// Kept while reading: a script may have a quote at every second character.
    private struct Command {
        private var word = ""
        private var isInWord = false
        private var hasShell = false
        private var hasSubstitution = false

        mutating func read(_ character: Character) {
            switch character {
            case ";", "|", "&", "\n", "(": self = Command()
            case _ where character.isWhitespace: isInWord = false
            default:
                if !isInWord {
                    hasShell = hasShell || word.utf8.suffix(2).elementsEqual("sh".utf8)
                    hasSubstitution = hasSubstitution || word == "envsubst"
                    word = ""
                    isInWord = true
                }
                word.append(character)
            }
        }

        /// `sh -c '…'`, `eval '…'`, `envsubst '…'`.
        var isReadByShell: Bool {
            if hasShell, word.utf8.first == UInt8(ascii: "-"), word.utf8.last == UInt8(ascii: "c") { return true }
            return hasSubstitution || word == "envsubst" || word == "eval" || word == "trap"
        }
    }

    /// The script without comments and here-documents, `x` standing for quoted characters.
    private var code = ""
    private var command = Command()
    /// How many `<` the code ends with.
    private var arrows = 0
    /// `"`, the `(` of `$(` and `` ` `` around the place, the outermost first.
    private var around: [Character] = []
    private var isSingleQuoted = false
    /// Whether a program that knows the variables itself reads what is between these single quotes.
    private var isForShell = false
    private var isEscaped = false
    private var isComment = false
    private var previous: Character = "\n"
    /// What is read of the word behind `<<`, its quotes still in it.
    private var reading: String?
    /// The quote that is open in it.
    private var quote: Character?
    private var documents: ArraySlice<HereDocument> = []
    private var isInDocument = false
    private var line = ""

    init() {}

    var literal: Literal? {
        if isInDocument { return documents.first?.isQuoted == true ? .hereDocument : nil }
        return isSingleQuoted && !isForShell ? .singleQuotes : nil
    }

    /// Whether a word that begins here is the name of a command.
    var beginsCommand: Bool {
        guard !isInDocument, !isComment, !isSingleQuoted, !isEscaped, reading == nil, around.last != "\"" else {
            return false
        }
        // What is longer has more than such words in it.
        let end = code.suffix(40)
        let line = end.lastIndex(where: ";&|(\n".contains).map { end[end.index(after: $0)...] } ?? end
        guard line.count < 40 else { return false }
        guard !line.allSatisfy(\.isWhitespace) else { return true }
        guard line.last?.isWhitespace == true else { return false }
        return line.split(whereSeparator: \.isWhitespace).allSatisfy { Self.commandWords.contains(String($0)) }
    }

    /// Behind these a command begins.
    private static let commandWords: Set<String> = [
        "!", "{", "do", "elif", "else", "if", "then", "time", "until", "while",
    ]

    /// Reads a part of a script; an expression stands for a plain word.
    mutating func read(_ piece: Piece) {
        switch piece {
        case .literal(let text): read(text)
        case .escape: read("$")
        case .expression: read("x")
        }
    }

    private mutating func read(_ text: String) {
        for character in text {
            read(character)
            previous = character
        }
    }

    private mutating func read(_ character: Character) {
        if isInDocument { return readDocument(character) }
        if isComment {
            guard character == "\n" else { return }
            isComment = false
        }
        readEnd(character)
        if isSingleQuoted {
            isSingleQuoted = character != "'"
            return
        }
        if isEscaped {
            isEscaped = false
            if character != "\n" { append("x") }
            return
        }
        switch character {
        case "\\": isEscaped = true
        case "\"":
            if around.last == "\"" { around.removeLast() } else { around.append("\"") }
            append("x")
        case "'" where around.last != "\"":
            isForShell = command.isReadByShell
            isSingleQuoted = true
            append("x")
        case "`": if around.last == "`" { around.removeLast() } else { around.append("`") }
        case "(" where previous == "$" || around.last == "(":
            around.append("(")
            append("(")
        case ")" where around.last == "(":
            around.removeLast()
            append(")")
        case "#" where around.last != "\"" && (previous.isWhitespace || previous == ";"): isComment = true
        default:
            guard around.last != "\"" else { return }
            append(character)
            if arrows > 2 {
                reading = nil
            } else if arrows == 2, around.suffix(2) != ["(", "("] {
                reading = ""
            } else if character == "\n" {
                isInDocument = !documents.isEmpty
            }
        }
    }

    private mutating func append(_ character: Character) {
        code.append(character)
        arrows = character == "<" ? arrows + 1 : 0
        command.read(character)
    }

    private mutating func readEnd(_ character: Character) {
        guard let isEmpty = reading?.isEmpty, !(character == "<" && isEmpty) else { return }
        if let open = quote, character != "\n" {
            if character == open { quote = nil }
            reading?.append(character)
            return
        }
        quote = character == "'" || character == "\"" ? character : nil
        if character == " ", isEmpty || reading == "-" { return }
        // Bound only where the word ends, it is not copied for each of its characters.
        guard character.isWhitespace || ";&|<>)".contains(character), let end = reading else {
            reading?.append(character)
            return
        }
        reading = nil
        let word = end.drop { $0 == "-" }
        let bare = word.filter { !"'\"\\".contains($0) }
        guard let first = bare.first, first.isLetter || first == "_" else { return }
        documents.append(
            HereDocument(end: bare, isQuoted: bare.count < word.count, ignoresTabs: end.hasPrefix("-")))
    }

    private mutating func readDocument(_ character: Character) {
        guard character == "\n" else { return line.append(character) }
        defer { line = "" }
        guard let document = documents.first,
            (document.ignoresTabs ? String(line.drop { $0 == "\t" }) : line) == document.end
        else { return }
        documents.removeFirst()
        isInDocument = !documents.isEmpty
    }

    // MARK: Blanks

    /// What looks like a blank or like nothing and is a letter to a shell.
    static func isForeignBlank(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\u{A0}", "\u{2000}"..."\u{200B}", "\u{202F}", "\u{205F}", "\u{2060}", "\u{3000}", "\u{FEFF}": true
        default: false
        }
    }

    /// The first word, outside of quotes, with such a blank in it.
    static func wordWithForeignBlank(in text: String) -> String? {
        guard text.unicodeScalars.contains(where: isForeignBlank) else { return nil }
        var scanner = ShellScanner()
        for piece in ExpressionParser.pieces(of: text) { scanner.read(piece) }
        let words = scanner.code.unicodeScalars.split { [" ", "\n", "\t"].contains($0) }
        return words.first { $0.contains(where: isForeignBlank) }.map(String.init)
    }

    // MARK: Beginnings without an end

    private static let ends = [
        "if": "fi", "case": "esac", "for": "do", "while": "do", "until": "do", "do": "done", "{": "}",
    ]
    private static let beginnings = [
        "then": "if", "elif": "if", "else": "if", "fi": "if", "esac": "case", "done": "do", "}": "{",
    ]
    private static let loops: Set<String> = ["for", "while", "until"]
    /// Behind these words another command begins.
    private static let leaders: Set<String> = [
        "if", "then", "else", "elif", "while", "until", "do", "{", "!", "time", "exec",
    ]

    /// How a script is not whole; `nil` for one that is.
    static func incompleteness(of text: String) -> String? {
        var scanner = ShellScanner()
        for piece in ExpressionParser.pieces(of: text) { scanner.read(piece) }
        return scanner.incompleteness()
    }

    private mutating func incompleteness() -> String? {
        if isEscaped { return "nothing behind “\\”" }
        read("\n")
        if let document = documents.first { return "“<<\(document.end)” without “\(document.end)”" }
        if isSingleQuoted { return "a ' that is not closed" }
        if around.first == "\"" { return "a \" that is not closed" }
        var open: [String] = []
        var startsCommand = true
        for word in words {
            guard word.count > 1 || !"\n;&|()".contains(word) else {
                startsCommand = true
                continue
            }
            guard startsCommand else { continue }
            startsCommand = Self.leaders.contains(word)
            if word == "do" {
                guard let loop = open.last, Self.loops.contains(loop) else { return "“do” without “for” or “while”" }
                open[open.count - 1] = word
            } else if Self.ends[word] != nil {
                open.append(word)
            } else if let beginning = Self.beginnings[word] {
                guard open.last == beginning else { return "“\(word)” without “\(beginning)”" }
                if Self.ends[beginning] == word { open.removeLast() }
            }
        }
        if let word = open.last, let end = Self.ends[word] { return "“\(word)” without “\(end)”" }
        let end = code.reversed().drop(while: \.isWhitespace)
        if end.starts(with: "&&") { return "nothing behind “&&”" }
        return end.first == "|" ? "nothing behind “|”" : nil
    }

    /// The words of the code and what stands between commands.
    private var words: [String] {
        var words: [String] = []
        var word = ""
        for character in code {
            if "\n;&|()".contains(character) || character.isWhitespace {
                if !word.isEmpty { words.append(word) }
                word = ""
                if !character.isWhitespace || character == "\n" { words.append(String(character)) }
            } else {
                word.append(character)
            }
        }
        return words
    }
}
