import Text
import Yams

/// Why a text is no YAML, in words that help: the parser says where it could not go on, which is seldom where the mistake
/// is.
struct YAMLProblem {
    private let error: YamlError
    private let text: String
    let lines: [Substring]

    init(_ error: YamlError, in text: String) {
        self.error = error
        self.text = text
        // Lines end at “\n” here, as they do for diagnostics.
        lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    }

    func report(to sink: DiagnosticSink) {
        if let line = ConflictMarkers.remnant(in: text) {
            return sink.error(.syntax, ConflictMarkers.advice, at: SourceMark(line: line, column: 1), length: 7)
        }
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let mark = SourceMark(line: max(1, mark.line), column: max(1, mark.column))
            let begin = context.map {
                (text: $0.text, mark: SourceMark(line: max(1, $0.mark.line), column: max(1, $0.mark.column)))
            }
            let (message, place) = explain(problem, mark, begin)
            sink.error(.syntax, "this is not valid YAML: \(message)", at: place)
        case .reader(let problem, let offset, _, let yaml):
            sink.error(.encoding, "this is not valid YAML: \(problem)", at: Self.mark(offset: offset ?? 0, in: yaml))
        case .duplicatedKeysInMapping(let duplicates, let context):
            if let line = lines.firstIndex(where: { $0.hasPrefix("---") && $0.dropFirst(3).first?.isLetter == true }) {
                return sink.error(
                    .syntax, "“---” separates documents in a line by itself: put a line break behind it",
                    at: SourceMark(line: line + 1, column: 1), length: 3)
            }
            let names = duplicates.prefix(5).map { "“\($0)”" }.joined(separator: ", ")
            sink.error(
                .duplicate, "a mapping has the key \(names) twice",
                at: SourceMark(line: max(1, context.mark.line), column: max(1, context.mark.column)))
        case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
            sink.error(.syntax, "this is not valid YAML: \(error)", at: .start)
        }
    }

    private func explain(
        _ problem: String, _ mark: SourceMark, _ context: (text: String, mark: SourceMark)?
    ) -> (String, SourceMark) {
        if let separator = separator(near: mark, context?.mark) { return separator }
        if let text = openText(before: mark) { return text }
        if let blank = wrongBlank(in: mark.line) ?? lineBefore(mark.line).flatMap(wrongBlank) { return blank }
        if let context, problem.contains("unexpected end of stream") {
            // It is the beginning of the text that has to be looked at, not the end of the file.
            return ("a text that begins here is not closed", context.mark)
        }
        if problem.contains("undefined alias") { return (unknownAlias(at: mark), mark) }
        if let shell = shellLine(mark, problem) { return shell }
        if let quoted = special(at: problem.contains("cannot start any token") ? mark : context?.mark ?? mark) {
            return quoted
        }
        if let braces = braces(in: mark.line) { return braces }
        if let context, context.text.contains("flow") {
            let open = String(rest(at: context.mark).prefix(1))
            let next = String(rest(at: mark).prefix(1))
            if context.mark.line < mark.line || next.isEmpty {
                return ("the “\(open)” that begins here is not closed before line \(mark.line)", context.mark)
            }
            if next == "]" || next == "}" {
                return ("the “\(open)” that begins here is not closed before “\(next)”", context.mark)
            }
        }
        if let entry = strayEntry(at: mark, problem) { return entry }
        if problem.contains("mapping values are not allowed"),
            let found = lineBefore(mark.line).flatMap(missingBlank) ?? secondColon(mark) ?? lineAbove(mark)
        {
            return found
        }
        if problem.contains("did not find expected key"), let found = unevenKey(mark) { return found }
        if problem.contains("could not find expected ':'"), let context { return missingColon(context.mark) }
        let place = context.map { "\($0.text) (line \($0.mark.line)), " } ?? ""
        return (place + problem + Self.remedy(problem), mark)
    }

    // MARK: What is wrong

    /// A line that is to separate two documents, and does not: `--`, ` ---`, `===`, or `...` alone.
    private func separator(near mark: SourceMark, _ context: SourceMark?) -> (String, SourceMark)? {
        let advice = "documents are separated by a line “---”: three dashes, nothing before and nothing behind them"
        let near = [mark.line, lineBefore(mark.line) ?? 0, context?.line ?? 0]
        for number in near where number >= 1 && number <= lines.count {
            let line = lines[number - 1]
            let words = line.drop { $0 == " " || $0 == "\t" }.prefix { !$0.isWhitespace }
            let isAlone = line.drop { $0 == " " || $0 == "\t" }.dropFirst(words.count).allSatisfy(\.isWhitespace)
            guard let first = words.first, isAlone, words.allSatisfy({ $0 == first }) else { continue }
            let isOff = words.count != line.prefix(words.count).count { $0 == first }
            switch (first, words.count) {
            case ("=", 7) where !isOff:
                return (ConflictMarkers.advice, SourceMark(line: number, column: 1))
            case ("-", 3) where isOff, ("-", 2), ("-", 4...), ("=", 3...), ("_", 3...), ("*", 3...):
                return (advice, SourceMark(line: number, column: 1))
            case (".", 3) where !isOff:
                return (
                    "a line “---” belongs behind “...”, before the next document", SourceMark(line: number, column: 1)
                )
            default: continue
            }
        }
        return nil
    }

    /// A line of a shell whose beginning means something to YAML: `[ -f x ] && make`, `> out make`, `| make`.
    private func shellLine(_ mark: SourceMark, _ problem: String) -> (String, SourceMark)? {
        let line = rest(at: SourceMark(line: mark.line, column: 1))
        var value = line.drop { $0 == " " }
        guard value.hasPrefix("- ") else { return nil }
        while value.hasPrefix("- ") { value = value.dropFirst(2).drop { $0 == " " } }
        guard let first = value.first else { return nil }
        let column = line.unicodeScalars.count - value.unicodeScalars.count + 1
        switch first {
        case "|", ">": guard problem.contains("expected comment or line break") else { return nil }
        case "[", "{":
            let close: Character = first == "[" ? "]" : "}"
            guard mark.column > column, let end = value.firstIndex(of: close),
                value[value.index(after: end)...].contains(where: { !$0.isWhitespace && $0 != "," })
            else { return nil }
        default: return nil
        }
        return (
            "put a text that begins with “\(first)” in quotes: \(Self.quoted(value))",
            SourceMark(line: mark.line, column: column)
        )
    }

    private static func quoted(_ text: Substring) -> String {
        var text = text
        while text.last?.isWhitespace == true { text.removeLast() }
        return text.contains("\"") || text.contains("\\") ? "'\(text.replacing("'", with: "''"))'" : "\"\(text)\""
    }

    /// A quoted text that ends where nobody meant it to: its own quote is missing, or there is more behind it.
    private func openText(before mark: SourceMark) -> (String, SourceMark)? {
        let texts = QuoteScanner.texts(in: text)
        if let open = texts.last(where: { text in
            text.line < mark.line && text.end?.line != text.line && (text.end.map { $0.line == mark.line } ?? true)
        }) {
            let quote = open.quote == UInt8(ascii: "'") ? "'" : "\""
            let end = open.end.map { "it ends at the next \(quote), in line \($0.line)" } ?? "it never ends"
            return (
                "the text that begins here is not closed in its line: \(end); close it with \(quote)",
                self.mark(of: open)
            )
        }
        let following = rest(at: mark)
        guard let next = following.first, !",]}:#\r".contains(next) else { return nil }
        let place = text.utf8.distance(from: text.startIndex, to: following.startIndex)
        guard
            let open = texts.last(where: { text in
                guard let end = text.end, end.line == mark.line, end.offset <= place, place - end.offset < 100 else {
                    return false
                }
                let start = self.text.utf8.index(following.startIndex, offsetBy: end.offset - place)
                return self.text.utf8[start..<following.startIndex].allSatisfy { $0 == UInt8(ascii: " ") }
            })
        else { return nil }
        let other = open.quote == UInt8(ascii: "'") ? "\"" : "'"
        return (
            "the text that begins here ends before “\(following.prefix(20))”: close it where it should end, or put the whole "
                + "of it in \(other)", self.mark(of: open)
        )
    }

    /// A line that is indented with something else than spaces.
    private func wrongBlank(in line: Int) -> (String, SourceMark)? {
        guard line >= 1, line <= lines.count else { return nil }
        let indentation = lines[line - 1].unicodeScalars.prefix { $0 == "-" || $0.properties.isWhitespace }
        guard let place = indentation.firstIndex(where: { $0 != " " && $0 != "-" && $0 != "\r" }),
            !QuoteScanner.blockLines(in: text).contains(line)
        else { return nil }
        let blank: String
        switch indentation[place] {
        case "\t": blank = "a tab"
        case "\u{A0}": blank = "a no-break space"
        default: blank = "U+\(String(indentation[place].value, radix: 16, uppercase: true))"
        }
        return (
            "this line is indented with \(blank), and YAML takes spaces only; put spaces in its place",
            SourceMark(line: line, column: indentation.distance(from: indentation.startIndex, to: place) + 1)
        )
    }

    private func mark(of text: QuoteScanner.Text) -> SourceMark {
        let before = self.text.utf8.prefix(text.start).reversed().prefix { $0 != UInt8(ascii: "\n") }
        return SourceMark(line: text.line, column: before.reduce(1) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) })
    }

    private func unknownAlias(at mark: SourceMark) -> String {
        let rest = rest(at: mark)
        let name = rest.dropFirst().prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
        let word = rest.prefix { !$0.isWhitespace && $0 != "," && $0 != "]" && $0 != "}" }
        let anchors = anchors
        if let nearest = Nearest.name(to: String(name), among: anchors) {
            return "there is no anchor “&\(name)”; did you mean “*\(nearest)”?"
        }
        let pattern = "put a pattern that begins with “*” in quotes: \"\(word)\""
        guard name.first?.isLetter == true, word.count == name.count + 1 else { return pattern }
        if lines[mark.line - 1].drop(while: { $0 == " " || $0 == "-" }).hasPrefix("<<") {
            return "there is no anchor “&\(name)” before this line; anchors hold in their own document"
        }
        return "there is no anchor “&\(name)” before this line; \(pattern)"
    }

    private var anchors: Set<String> {
        var names = Set<String>()
        for line in lines {
            for word in line.split(whereSeparator: { $0 == " " || $0 == "\t" }) where word.first == "&" {
                let name = word.dropFirst().prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
                if !name.isEmpty { names.insert(String(name)) }
            }
        }
        return names
    }

    /// A text that begins with a character that means something to YAML.
    private func special(at mark: SourceMark) -> (String, SourceMark)? {
        let rest = rest(at: mark)
        guard let first = rest.first, "*&!@`%".contains(first) else { return nil }
        var value = rest
        if let comment = value.firstRange(of: " #") { value = value[..<comment.lowerBound] }
        let before = lines[mark.line - 1].unicodeScalars.prefix(mark.column - 1)
        let depth = before.reduce(0) {
            $0 + ("[{".unicodeScalars.contains($1) ? 1 : "]}".unicodeScalars.contains($1) ? -1 : 0)
        }
        if depth > 0 { value = value.prefix { !",]}".contains($0) } }
        return ("put a text that begins with “\(first)” in quotes: \(Self.quoted(value))", mark)
    }

    private func braces(in line: Int) -> (String, SourceMark)? {
        guard line >= 1, line <= lines.count, let found = lines[line - 1].firstRange(of: "{{") else { return nil }
        let before = lines[line - 1][..<found.lowerBound]
        guard before.allSatisfy({ $0 != "\"" && $0 != "'" }) else { return nil }
        let mark = SourceMark(line: line, column: before.unicodeScalars.count + 1)
        let inner = lines[line - 1][found.upperBound...]
        if before.last == "$", let close = inner.firstRange(of: "}}") {
            let name = inner[..<close.lowerBound].filter { !$0.isWhitespace }
            let instead = DocumentReader.instead(of: name) ?? "here an expression is ${NAME}"
            return ("“${{ … }}” is an expression of GitHub Actions: \(instead)", mark)
        }
        return ("put a text with “{{ … }}” in quotes", mark)
    }

    /// The last line above that is neither empty nor a comment.
    func lineBefore(_ line: Int) -> Int? {
        guard line >= 1, line <= lines.count else { return nil }
        return (1..<line).last { number in
            let text = lines[number - 1].drop { $0 == " " }
            return !text.isEmpty && text.first != "#"
        }
    }

    /// A key is deeper than the line above lets it be: that line is a text, or not indented far enough.
    private func lineAbove(_ mark: SourceMark) -> (String, SourceMark)? {
        guard let above = lineBefore(mark.line) else { return nil }
        let line = lines[above - 1]
        let indentation = line.prefix { $0 == " " }.count
        let own = lines[mark.line - 1].prefix { $0 == " " }.count
        var text = line.drop { $0 == " " }
        var column = indentation
        while text.hasPrefix("- ") {
            text = text.dropFirst(2).drop { $0 == " " }
            column = line.count - text.count
        }
        let place = SourceMark(line: above, column: column + 1)
        let name = text.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        let behind = text.dropFirst(name.count).drop { $0 == " " }
        if !name.isEmpty, behind.first == "=" {
            let value = behind.dropFirst().drop { $0 == " " }
            return ("a key and its value are written “\(name): \(value)”, not with “=”", place)
        }
        if !name.isEmpty, behind.hasPrefix(": "), column < own {
            return ("“\(name)” begins further left than line \(mark.line) below it; check the indentation", place)
        }
        return nil
    }

    /// The parser's words, with what they mostly mean.
    private static func remedy(_ problem: String) -> String {
        if problem.contains("cannot start any token") {
            return "; indent with spaces, and quote a text that begins with a special character"
        }
        if problem.contains("mapping values are not allowed") {
            return "; quote a text that has “: ” in it, or check the indentation"
        }
        if problem.contains("block sequence entries are not allowed") {
            return "; begin a list on its own line, or write it in brackets: [a, b]"
        }
        if problem.contains("expected '-' indicator") {
            return "; an entry of a list begins with “- ” in the column of those above"
        }
        if problem.contains("did not find expected") || problem.contains("could not find expected ':'") {
            return "; check the indentation, quotes and brackets above"
        }
        return ""
    }

    // MARK: Places

    /// What is written from a place to the end of its line.
    func rest(at mark: SourceMark) -> Substring {
        guard mark.line >= 1, mark.line <= lines.count else { return "" }
        let line = lines[mark.line - 1]
        guard
            let start = line.unicodeScalars.index(
                line.startIndex, offsetBy: mark.column - 1, limitedBy: line.endIndex)
        else { return "" }
        return line[start...]
    }

    private static func mark(offset: Int, in text: String) -> SourceMark {
        var mark = SourceMark.start
        for character in text.prefix(offset) {
            if character.isNewline {
                mark.line += 1
                mark.column = 1
            } else {
                mark.column += character.unicodeScalars.count
            }
        }
        return mark
    }
}
