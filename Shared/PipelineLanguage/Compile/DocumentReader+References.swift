/// The names that texts refer to.
extension DocumentReader {
    /// Remembers the expressions in a text, to be checked once all names are known.
    /// - Parameter program: What takes the text for code.
    func note(_ text: String, isScript: Bool, of program: String? = nil, at node: SourceNode) {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return }
        let lines = text.utf8.reduce(1) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
        var seen = Set<SourceReference>()
        func add(
            _ name: String, _ source: String, _ expression: Expression?, _ literal: ShellScanner.Literal? = nil,
            isCommand: Bool = false
        ) {
            let reference = SourceReference(
                name: name, hasDefault: expression?.operation.hasDefault ?? false, isScript: isScript,
                literal: expression?.operation.hasValue == false ? nil : literal, problem: expression?.problem,
                definition: sink.definition, mayBeSecret: sink.mayBeSecret && source == text,
                isCommand: isCommand, program: expression?.operation.hasValue == false ? nil : program,
                isInCondition: sink.isInCondition, source: source, mark: node.mark, lines: lines)
            if seen.insert(reference).inserted { sink.references.append(reference) }
        }
        var scanner = ShellScanner()
        func add(_ pieces: [Piece], isWord: Bool) {
            for (index, piece) in pieces.enumerated() {
                if case .expression(let expression, let source) = piece {
                    let isCommand =
                        isScript && !isWord && scanner.beginsCommand && Self.endsWord(pieces.dropFirst(index + 1).first)
                    add(expression.name, source, expression, scanner.literal, isCommand: isCommand)
                    for word in expression.words { add(word, isWord: true) }
                }
                if isScript, !isWord { scanner.read(piece) }
            }
        }
        let pieces = ExpressionParser.pieces(of: text)
        add(pieces, isWord: false)
        guard isScript else { return checkUnread(pieces, of: text, lines: lines, at: node) }
        for name in ShellNames.reserved(in: ShellNames.rest(pieces)) { add(name, "$\(name)", nil) }
        guard ShellNames.hasProcessID(text) else { return }
        sink.warning(
            .suspicious, "“$$” is one “$” here, as in Drone; the shell's process id is $$$$", at: node.mark)
    }

    /// Whether a word ends before a piece.
    private static func endsWord(_ piece: Piece?) -> Bool {
        switch piece {
        case nil: true
        case .literal(let text): text.first.map { $0.isWhitespace || ";&|)".contains($0) } ?? true
        case .escape, .expression: false
        }
    }
}

extension Expression.Operation {
    fileprivate var hasDefault: Bool { if case .standard = self { true } else { false } }

    /// Whether the result has something of the value in it.
    fileprivate var hasValue: Bool {
        switch self {
        case .length, .alternative: false
        default: true
        }
    }
}

/// What a script says to a shell, as far as a warning needs it.
enum ShellNames {
    /// What a text says to the shell beside its expressions.
    static func rest(_ pieces: [Piece]) -> String {
        pieces.reduce(into: "") { result, piece in
            switch piece {
            case .literal(let text): result += text
            case .escape: result += "$"
            case .expression: result += " "
            }
        }
    }

    /// The reserved names a shell would look for as `$NAME` or `${NAME…`, each once.
    static func reserved(in script: String) -> [String] {
        var names: [String] = []
        for part in script.utf8.split(separator: UInt8(ascii: "$")).dropFirst(
            script.utf8.first == UInt8(ascii: "$") ? 0 : 1)
        {
            let rest = part.first == UInt8(ascii: "{") ? part.dropFirst() : part
            let name = String(decoding: rest.prefix { isOfName($0) }, as: UTF8.self)
            if Scope.isReserved(name), !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// Whether a script gives a variable its value itself.
    static func assigns(_ name: String, in script: String) -> Bool {
        ["\(name)=", "for \(name) ", "read \(name)", "read -r \(name)"].contains { script.contains($0) }
    }

    /// Whether `$$` stands where people write the shell's process id: at the end of a word, and not at that of a quoted
    /// text, where it is one `$` for a pattern.
    static func hasProcessID(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        let dollar = UInt8(ascii: "$")
        for index in bytes.indices where bytes[index] == dollar {
            guard index > 0, index + 1 < bytes.count, bytes[index + 1] == dollar else { continue }
            let next = index + 2 < bytes.count ? bytes[index + 2] : UInt8(ascii: " ")
            if " .-_/=(".utf8.contains(bytes[index - 1]), " \n\t.;)".utf8.contains(next) { return true }
        }
        return false
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
