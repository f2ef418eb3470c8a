import Text

/// Texts that another format or a word processor would read in another way.
extension DocumentReader {
    private static let quotes: Set<Unicode.Scalar> = ["“", "”", "„", "‟", "‘", "’", "‚", "«", "»"]

    func checkSpelling(_ scalar: SourceScalar, isScript: Bool, at node: SourceNode) {
        checkDash(scalar, at: node)
        if !checkQuotes(scalar, at: node), isScript { checkShellQuotes(scalar.text, at: node) }
        checkForeignExpression(scalar.text, isScript: isScript, at: node)
    }

    /// An entry of a list that is indented further than the one above is more text of it to YAML.
    private func checkDash(_ scalar: SourceScalar, at node: SourceNode) {
        guard !scalar.isQuoted, scalar.text.contains(" - ") else { return }
        let next = sink.line(node.mark.line + 1).drop { $0 == " " }
        guard next.hasPrefix("- "), !sink.line(node.mark.line).hasSuffix("|"), scalar.text.contains(" \(next)"),
            !scalar.text.contains("\n")
        else { return }
        sink.warning(
            .suspicious,
            "line \(node.mark.line + 1) is a part of this text, since it is indented further; put its dash below the one above",
            at: node)
    }

    /// A whole value in typographic quotes: they are part of it.
    /// - Returns: Whether it is one.
    private func checkQuotes(_ scalar: SourceScalar, at node: SourceNode) -> Bool {
        let scalars = scalar.text.unicodeScalars
        guard !scalar.isQuoted, scalars.count > 1, let first = scalars.first, let last = scalars.last,
            Self.quotes.contains(first), Self.quotes.contains(last)
        else { return false }
        let bare = String(scalars.dropFirst().dropLast())
        sink.warning(
            .suspicious, "typographic quotes are part of a text to YAML; write \"\(bare)\" if they are not meant",
            at: node)
        return true
    }

    /// `echo “a b”`: to a shell these are letters. Where they are in quotes themselves, they are meant.
    private func checkShellQuotes(_ text: String, at node: SourceNode) {
        guard text.utf8.contains(0xE2) else { return }
        var quote: Unicode.Scalar?
        var previous: Unicode.Scalar = " "
        for scalar in text.unicodeScalars {
            defer { previous = scalar }
            if scalar == "\n" { quote = nil }
            if let open = quote {
                if scalar == open { quote = nil }
                continue
            }
            if scalar == "\"" || scalar == "'" {
                quote = scalar
            } else if Self.quotes.contains(scalar), scalar != "’", scalar != "«", scalar != "»",
                previous == " " || previous == "="
            {
                sink.warning(
                    .suspicious, "the quote \(String(scalar)) is a letter to a shell; quotes are \" and '", at: node)
                return
            }
        }
    }

    /// `${{ secrets.TOKEN }}`: nothing of it is replaced here.
    private func checkForeignExpression(_ text: String, isScript: Bool, at node: SourceNode) {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return }
        var rest = text[...]
        var told = 0
        // Whoever has one of them in a text has them all to change.
        while told < 3, let open = rest.firstRange(of: "${{") {
            let isEscaped = rest[..<open.lowerBound].hasSuffix("$")
            rest = rest[open.upperBound...]
            guard !isEscaped, let close = rest.firstRange(of: "}}") else { continue }
            told += 1
            let name = rest[..<close.lowerBound].filter { !$0.isWhitespace }
            let message =
                "“${{ … }}” is an expression of GitHub Actions: \(Self.instead(of: name) ?? "here an expression is ${NAME}")"
            let (mark, length) = sink.place(
                of: SourceReference(
                    name: name, hasDefault: false, isScript: isScript,
                    source: "${{\(rest[..<close.lowerBound])}}", mark: node.mark,
                    lines: text.utf8.reduce(1) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }))
            // A script may write a file of GitHub's, or pass the text on.
            if isScript {
                sink.warning(.suspicious, message, at: mark, length: length)
            } else {
                sink.error(.unsupported, message, at: mark, length: length)
            }
        }
    }

    /// What to write for a name as GitHub Actions has them; `nil` for one that it has not.
    static func instead(of name: some StringProtocol) -> String? {
        guard let dot = name.firstIndex(of: ".") else { return nil }
        let rest = String(name[name.index(after: dot)...])
        switch name[..<dot] {
        case "secret", "secrets", "from_secret":
            return "a secret is the whole value of a variable or setting, {from_secret: \(rest)}"
        case "matrix": return "write ${matrix.\(rest)}"
        case "env", "vars": return "write ${\(rest)}"
        case "inputs": return "write ${parameters.\(rest)}"
        case "needs", "steps": return "what a step hands on is ${steps.STEP.OUTPUT}"
        case "github":
            let names = [
                "sha": "DRONE_COMMIT", "ref": "DRONE_COMMIT_REF", "ref_name": "DRONE_BRANCH",
                "head_ref": "DRONE_SOURCE_BRANCH",
                "base_ref": "DRONE_TARGET_BRANCH", "repository": "DRONE_REPO", "actor": "DRONE_BUILD_TRIGGER",
                "event_name": "DRONE_BUILD_EVENT", "run_number": "DRONE_BUILD_NUMBER", "run_id": "DRONE_BUILD_NUMBER",
            ]
            return names[rest].map { "write ${\($0)}" } ?? "variables of the run are called DRONE_…"
        default: return nil
        }
    }
}

/// Ways to write `from_secret` that are none.
enum SecretWords {
    /// The secret's name in `from_secret:token` and the like, where a blank or the colon is missing.
    static func name(in text: String) -> String? {
        let word = "from_secret"
        guard text.hasPrefix(word), let next = text.dropFirst(word.count).first, next == ":" || next == " " else {
            return nil
        }
        let name = text.dropFirst(word.count).drop { $0 == ":" || $0 == " " }
        return name.isEmpty || name.contains(where: \.isWhitespace) ? nil : String(name)
    }

    /// What somebody may mean by a variable that is none.
    static func advice(_ variable: String) -> String {
        "a secret of the platform is {from_secret: \(variable.lowercased())}"
    }

    /// How a mistyped key is written.
    static func spelling(of key: String) -> String { name(in: key).map { "from_secret: \($0)" } ?? "from_secret" }

    static func isTypo(_ key: String) -> Bool {
        key != "from_secret"
            && (name(in: key) != nil || key.isSpelling(of: "from_secret") || key == "secret_from" || key == "secretRef"
                || key == "secretKeyRef"
                || Nearest.name(to: key, among: ["from_secret"]) != nil)
    }
}
