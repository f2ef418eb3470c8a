import Contracts
import Text

/// Reads the nodes of a document into the model. Everything it does not understand it reports, and goes on.
struct DocumentReader {
    let sink: DiagnosticSink
    let limits: SourceLimits
    /// What a matrix and templates may put in, together.
    let budget = SubstitutionBudget()

    // MARK: Shapes

    /// The fields of a mapping, or `nil` (reported) for anything else.
    func fields(_ node: SourceNode, what: String) -> Fields? {
        guard case .map(let entries) = node.content else {
            sink.error(.wrongType, "\(what) is a mapping, not \(node.kindName)", at: node)
            return nil
        }
        return Fields(entries, node.mark, what: what, sink: sink)
    }

    /// The elements of a list; a single value counts as a list of one, as everywhere in Drone's format.
    func elements(_ node: SourceNode) -> [SourceNode] {
        switch node.content {
        case .list(let elements): elements
        case .null: []
        case .map, .scalar: [node]
        }
    }

    // MARK: Scalars

    /// A text; numbers and truth values count as they are written.
    /// - Parameters:
    ///   - program: What takes it for code.
    ///   - isName: Whether it is the name of something else, in which nothing is replaced.
    func text(
        _ node: SourceNode?, _ what: String, isScript: Bool = false, of program: String? = nil, isName: Bool = false
    ) -> String? {
        guard let node else { return nil }
        guard case .scalar(let scalar) = node.content else {
            sink.error(.wrongType, "\(what) is text, not \(node.kindName)", at: node)
            return nil
        }
        if !isName { note(scalar.text, isScript: isScript, of: program, at: node) }
        checkSpelling(scalar, isScript: isScript, at: node)
        return scalar.text
    }

    /// A text that is not empty.
    func name(_ node: SourceNode?, _ what: String, isName: Bool = false) -> String? {
        guard let node, let text = text(node, what, isName: isName) else { return nil }
        guard !text.isEmpty else {
            sink.error(.badValue, "\(what) is empty", at: node)
            return nil
        }
        guard text.utf8.count <= 256, text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
            sink.error(.badValue, "\(what) has 256 bytes at most and no control characters", at: node)
            return nil
        }
        // What refers to a name is checked where the name is.
        if isName, !what.hasPrefix("each of"), Substitution.hasExpression(text) {
            sink.warning(
                .noEffect, "nothing is replaced in \(what), so “\(text)” stays as it is; only a matrix puts values in",
                at: node)
        }
        return text
    }

    /// A text that means nothing where it is empty, as in Drone.
    func optionalName(_ node: SourceNode?, _ what: String) -> String? {
        isEmpty(node, what) ? nil : name(node, what)
    }

    private func isEmpty(_ node: SourceNode?, _ what: String) -> Bool {
        guard let node, case .scalar(let scalar) = node.content, scalar.text.isEmpty else { return false }
        sink.warning(.noEffect, "an empty \(what) has no effect", at: node)
        return true
    }

    /// The name of an image.
    func image(_ node: SourceNode?, _ what: String) -> String? {
        guard let node else { return nil }
        if case .scalar(let scalar) = node.content, let problem = ImageName.problem(scalar.text) {
            sink.error(.badValue, problem, at: node)
            return scalar.text
        }
        return name(node, what)
    }

    /// The words of a program's call: one text with blanks in it is a line for a shell, which there is none for.
    /// - Parameters:
    ///   - first: What has the words before them.
    ///   - isUnused: Whether there are `commands`, which run instead.
    func words(
        _ node: SourceNode?, _ what: String, after first: SourceNode? = nil, isService: Bool = true,
        isUnused: Bool = false
    ) -> [String] {
        guard let node else { return [] }
        if case .scalar(let scalar) = node.content, !isUnused, !scalar.text.contains("${"),
            scalar.text.contains(where: \.isWhitespace)
        {
            var line = scalar.text
            while line.last?.isNewline == true { line.removeLast() }
            let advice =
                if let list = CommandWords.list(line) {
                    ": \(list)\(isService ? "" : "; shell lines are called “commands”")"
                } else if isService {
                    ": \(CommandWords.call(line))"
                } else {
                    "; a line for a shell is written “commands: \(CommandWords.commands(line))”"
                }
            sink.error(.badValue, "\(what) is a list of words\(advice)", at: node)
            return []
        }
        return texts(node, what, after: first, isUnused: isUnused)
    }

    /// - Parameters:
    ///   - first: What has the words before them.
    ///   - isScript: Whether a shell reads all of them; else it reads what they tell it to.
    ///   - isUnused: Whether nobody reads them.
    func texts(
        _ node: SourceNode?, _ what: String, after first: SourceNode? = nil, isScript: Bool = false,
        isUnused: Bool = false
    ) -> [String] {
        guard let node else { return [] }
        if case .map = node.content {
            sink.error(.wrongType, "\(what) is a list of texts, not a mapping", at: node)
            return []
        }
        let elements = elements(node)
        let before = first.map { self.elements($0) } ?? []
        let call = isScript ? [] : (before + elements).map { plainText($0) ?? "" }
        let scripts = ShellName.scripts(in: call)
        let code = isUnused ? [:] : CodeWords.places(in: call)
        return elements.enumerated().compactMap { number, element in
            if element.content == .null {
                sink.warning(.noEffect, "an empty entry of \(what) has no effect", at: element)
                return nil
            }
            if case .map(let entries) = element.content {
                // `{ make; }` is a mapping without values.
                let isBraces = entries.allSatisfy { $0.value.content == .null }
                sink.error(
                    .wrongType,
                    "each of \(what) is text, not a mapping; put quotes around a line that "
                        + (isBraces ? "begins with “{” or ends with “:”" : "has “: ” in it"), at: element)
                return nil
            }
            if case .list = element.content {
                sink.error(
                    .wrongType,
                    "each of \(what) is text, not a list; YAML joins no lists: write the entries themselves, or keep them as "
                        + "one text, “|”, under the anchor", at: element)
                return nil
            }
            let place = before.count + number
            return text(
                element, "each of \(what)", isScript: isScript || scripts.contains(place), of: code[place])
        }
    }

    func bool(_ node: SourceNode?, _ what: String) -> Bool? {
        guard let node else { return nil }
        if case .scalar(let scalar) = node.content {
            if case .bool(let value) = scalar.kind { return value }
            if scalar.text == "true" || scalar.text == "false" { return scalar.text == "true" }
        }
        sink.error(.wrongType, "\(what) is true or false, not \(describe(node))", at: node)
        return nil
    }

    /// A whole number within bounds.
    func integer(_ node: SourceNode?, _ what: String, in range: ClosedRange<Int>) -> Int? {
        guard let node else { return nil }
        guard case .scalar(let scalar) = node.content, let value = Int(scalar.text) else {
            sink.error(.wrongType, "\(what) is a whole number, not \(describe(node))", at: node)
            return nil
        }
        guard range.contains(value) else {
            sink.error(.badValue, "\(what) is from \(range.lowerBound) to \(range.upperBound), not \(value)", at: node)
            return nil
        }
        return value
    }

    /// One of an enumeration's words.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ node: SourceNode?, _ what: String, _ type: Choice.Type = Choice.self
    ) -> Choice? {
        guard let node, let text = text(node, what) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        let words = Choice.allCases.map(\.rawValue)
        sink.error(
            .badValue, "\(what) is \(Self.list(words)), not “\(text)”\(Nearest.hint(text, among: words))", at: node)
        return nil
    }

    /// Seconds: a number, or a text such as `90s`, `10m` or `1h 30m`.
    func duration(_ node: SourceNode?, _ what: String) -> Int? {
        guard let node, let text = text(node, what) else { return nil }
        guard let seconds = DurationText.seconds(text), seconds > 0 else {
            sink.error(
                .badValue, "\(what) is a time such as 90s, 10m or 1h 30m (or seconds), not \(describe(node))", at: node)
            return nil
        }
        return seconds
    }

    /// Bytes: a number, or a text such as `512m` or `2GiB`. Units are powers of 1024, as Docker has them.
    /// An empty one means nothing.
    func size(_ node: SourceNode?, _ what: String) -> Int64? {
        guard let node, !isEmpty(node, what), let text = text(node, what) else { return nil }
        guard let bytes = SizeText.bytes(text) else {
            sink.error(.badValue, "\(what) is a size such as 512m or 2g (or bytes), not \(describe(node))", at: node)
            return nil
        }
        return bytes
    }

    // MARK: Values

    func value(_ node: SourceNode?, _ what: String) -> Value? {
        guard let node else { return nil }
        if let secret = secret(node) { return .secret(secret) }
        if case .map(let entries) = node.content {
            let typo = entries.first { SecretWords.isTypo($0.key) }
            let hint = typo.map { "; “\($0.key)” is written “\(SecretWords.spelling(of: $0.key))”" } ?? ""
            sink.error(.wrongType, "\(what) is text or {from_secret: NAME}\(hint)", at: typo?.keyMark ?? node.mark)
            return nil
        }
        warnOfSecretText(node)
        sink.mayBeSecret = true
        defer { sink.mayBeSecret = false }
        return text(node, what).map(Value.text)
    }

    /// `TOKEN: from_secret:token` is a text to YAML.
    func warnOfSecretText(_ node: SourceNode) {
        guard case .scalar(let scalar) = node.content, let name = SecretWords.name(in: scalar.text) else { return }
        sink.warning(.suspicious, "this is text; a secret of the platform is {from_secret: \(name)}", at: node)
    }

    /// The name in `{from_secret: name}`, or `nil` if this is something else.
    func secret(_ node: SourceNode) -> String? {
        guard case .map(let entries) = node.content, entries.count == 1, entries[0].key == "from_secret" else {
            return nil
        }
        return name(entries[0].value, "the name of a secret") ?? ""
    }

    /// - Parameter defines: Whether the entries are variables that texts may refer to.
    func values(_ node: SourceNode?, _ what: String, defines: Bool = false) -> [String: Value] {
        var values: [String: Value] = [:]
        forEachMember(node, what) { entry in
            if defines { sink.definition = entry.key }
            defer { sink.definition = nil }
            if entry.value.content == .null {
                values[entry.key] = .text("")
            } else {
                values[entry.key] = value(entry.value, "“\(entry.key)” of \(what)")
            }
        }
        return values
    }

    func textMap(_ node: SourceNode?, _ what: String) -> [String: String] {
        var texts: [String: String] = [:]
        forEachMember(node, what) { entry in
            texts[entry.key] = entry.value.content == .null ? "" : text(entry.value, "“\(entry.key)” of \(what)")
        }
        return texts
    }

    func forEachMember(_ node: SourceNode?, _ what: String, _ body: (SourceEntry) -> Void) {
        guard let node else { return }
        switch node.content {
        case .map(let entries): entries.forEach(body)
        case .list(let elements) where elements.isEmpty: break
        case .list(let elements):
            let pairs = elements.compactMap { plainText($0).flatMap { Self.pairs($0).first } }
            let hint = pairs.count == elements.count ? "{\(pairs.prefix(8).joined(separator: ", "))}" : "“NAME: value”"
            sink.error(.wrongType, "\(what) is a mapping, not a list; write \(hint) without the dash", at: node)
        case .null: sink.error(.wrongType, "\(what) is a mapping, not \(node.kindName)", at: node)
        case .scalar(let scalar):
            let pairs = Self.pairs(scalar.text)
            let hint = pairs.isEmpty ? "" : "; write {\(pairs.joined(separator: ", "))}"
            sink.error(.wrongType, "\(what) is a mapping, not \(node.kindName)\(hint)", at: node)
        }
    }

    /// `A: b` for each `A=b` of a text, in lines or, as YAML joins them, with blanks between; nothing for another text.
    private static func pairs(_ text: String) -> [String] {
        func pair(_ word: Substring) -> String? {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, RunVariables.isVariable(String(parts[0])) else { return nil }
            return "\(parts[0]): \(parts[1])"
        }
        let words = text.split { text.contains(where: \.isNewline) ? $0.isNewline : $0 == " " }
        let pairs = words.compactMap(pair)
        return pairs.count == words.count ? Array(pairs.prefix(8)) : []
    }

    // MARK: Words

    static func list(_ words: [String], _ conjunction: String = "or") -> String {
        guard words.count > 1, let last = words.last else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " \(conjunction) " + last
    }

    func describe(_ node: SourceNode) -> String {
        guard case .scalar(let scalar) = node.content else { return node.kindName }
        return "“\(scalar.text.prefix(60))”"
    }
}
