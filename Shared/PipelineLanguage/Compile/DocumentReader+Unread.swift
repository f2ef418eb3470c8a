/// Texts that look as if somebody replaced something in them, and nobody does: no shell reads them.
extension DocumentReader {
    /// - Parameter pieces: Those of the text.
    func checkUnread(_ pieces: [Piece], of text: String, lines: Int, at node: SourceNode) {
        var told = Set<String>()
        func warn(_ source: String, _ why: String) {
            // Whoever has one of them in a text has them all to change.
            guard told.count < UnreadText.most, told.insert(source).inserted else { return }
            let reference = SourceReference(
                name: "", hasDefault: false, isScript: false, source: source, mark: node.mark, lines: lines)
            let (mark, length) = sink.place(of: reference)
            sink.warning(.suspicious, "“\(source.prefix(60))” \(why)", at: mark, length: length)
        }
        for piece in Self.all(pieces) {
            switch piece {
            case .literal(let literal): UnreadText.braces(in: literal).forEach(warn)
            case .expression(let expression, let source):
                guard let name = UnreadText.hyphenated(expression) else { continue }
                warn(
                    source, "is the value of “\(expression.name)” or what follows the hyphen; did you mean ${\(name)}?")
            case .escape: break
            }
        }
        for case .literal(let literal) in pieces {
            if sink.definition != nil {
                for found in UnreadText.names(in: literal) {
                    warn(found.source, found.why + secretAdvice(found.source, text))
                }
            } else if literal == text, let found = UnreadText.name(literal) {
                warn(found.source, found.why + secretAdvice(found.source, text))
            }
        }
    }

    /// `$TOKEN` and nothing else, where a secret could be.
    private func secretAdvice(_ source: String, _ text: String) -> String {
        guard sink.mayBeSecret, source == text, source.dropFirst().first != "(" else { return "" }
        return "; \(SecretWords.advice(String(source.dropFirst())))"
    }

    /// The pieces, and those of the words in them.
    private static func all(_ pieces: [Piece]) -> [Piece] {
        pieces.flatMap { piece in
            guard case .expression(let expression, _) = piece else { return [piece] }
            return [piece] + expression.words.flatMap(all)
        }
    }
}

/// What looks like an expression and is none, and why.
private enum UnreadText {
    typealias Finding = (source: String, why: String)

    /// How many are told of a text.
    static let most = 3
    /// How long one is looked for.
    private static let longest = 120

    private static let isShells = "is for a shell, and none reads this text: it stays as it is written"

    /// `${…}` that the parser could not read.
    static func braces(in literal: String) -> [Finding] {
        var findings: [Finding] = []
        var rest = literal[...]
        while findings.count < most, let open = rest.firstRange(of: "${") {
            let inside = rest[open.upperBound...]
            guard let end = inside.prefix(longest).firstIndex(of: "}") else {
                let source = rest[open.lowerBound...].prefix(longest).prefix { !$0.isWhitespace }
                findings.append(
                    (
                        String(source),
                        inside.first == "!" ? isShells : "is not closed with “}”, and stays as it is written"
                    ))
                break
            }
            let source = String(rest[open.lowerBound...end])
            rest = rest[inside.index(after: end)...]
            // An expression of GitHub's, which is told.
            if inside.first == "{" { continue }
            findings.append((source, why(inside[..<end], source)))
        }
        return findings
    }

    private static func why(_ inside: Substring, _ source: String) -> String {
        let name = inside.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()
        let escaped = "write $\(source) for the text itself"
        if name.isEmpty { return "has no name in it, and stays as it is written; \(escaped)" }
        if case .expression? = ExpressionParser.pieces(of: "${\(String(name))}").first {
            return "has blanks in it, and stays as it is written; write ${\(String(name))}"
        }
        if name.first == "!" || name.contains("@") {
            return "\(isShells); \(escaped)"
        }
        return "is not an expression, and stays as it is written; one is ${NAME} or ${NAME:-default}; \(escaped)"
    }

    /// `${DRONE-TAG}`, where a name with an underscore is one of the run's.
    static func hyphenated(_ expression: Expression) -> String? {
        guard case .standard(let word, ifEmpty: false) = expression.operation, word.count == 1,
            case .literal(let text) = word[0]
        else { return nil }
        return RunVariable.meant(by: "\(expression.name)_\(text)")
    }

    /// `$NAME` and `$(command)` as words of the value of a variable.
    static func names(in literal: String) -> [Finding] {
        var findings: [Finding] = []
        var rest = literal[...]
        var before: Character = " "
        while findings.count < most, let sign = rest.firstIndex(of: "$") {
            if sign > rest.startIndex { before = rest[rest.index(before: sign)] }
            rest = rest[sign...]
            let isWord = !before.isLetter && !before.isNumber
            if isWord, let command = command(rest) {
                findings.append(
                    (
                        String(command),
                        "stays as it is written, since no shell reads this text; run it in “commands”, and hand what it "
                            + "prints on in “outputs”"
                    ))
            } else if isWord, let finding = name("$" + rest.dropFirst().prefix(while: isOfName)) {
                findings.append(finding)
            }
            before = "$"
            rest = rest.dropFirst()
        }
        return findings
    }

    /// `$(…)` at the beginning of a text.
    private static func command(_ text: Substring) -> Substring? {
        guard text.hasPrefix("$(") else { return nil }
        var depth = 0
        let end = text.prefix(longest).firstIndex { character in
            depth += character == "(" ? 1 : character == ")" ? -1 : 0
            return character == ")" && depth == 0
        }
        return end.map { text[...$0] }
    }

    /// `$NAME` in capitals and nothing else.
    static func name(_ text: some StringProtocol) -> Finding? {
        let name = text.dropFirst()
        guard text.first == "$", name.count > 1, name.first?.isNumber == false, name.allSatisfy(isOfName) else {
            return nil
        }
        return (
            String(text),
            "stays as it is written, since no shell reads this text; a variable of the pipeline or the run is ${\(name)}, and "
                + "one of the image only “commands” know"
        )
    }

    private static func isOfName(_ character: Character) -> Bool {
        character == "_" || character.isASCII && (character.isUppercase || character.isNumber)
    }
}
