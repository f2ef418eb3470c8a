/// What is left for the second of two passes, or for the shell.
extension Substitution {
    /// An expression that waits, with what is known already in the places within it: the second pass may not know it
    /// any more.
    mutating func kept(_ expression: Expression, source: String) throws(SubstitutionError) -> String {
        guard expression.words.contains(where: { $0.contains { if case .expression = $0 { true } else { false } } })
        else { return source }
        let name = expression.name
        switch expression.operation {
        case .value, .length, .uppercase, .lowercase: return source
        case .substring(let offset, let length):
            var end = ""
            if let length { end = ":" + (try kept(length, in: .word)) }
            return "${\(name):\(try kept(offset, in: .word))\(end)}"
        case .standard(let word, let ifEmpty): return try kept(name, ifEmpty ? ":-" : "-", word, .word)
        case .alternative(let word, let ifEmpty): return try kept(name, ifEmpty ? ":+" : "+", word, .word)
        case .required(let word, let ifEmpty): return try kept(name, ifEmpty ? ":?" : "?", word, .word)
        case .removePrefix(let pattern, let longest): return try kept(name, longest ? "##" : "#", pattern, .pattern)
        case .removeSuffix(let pattern, let longest): return try kept(name, longest ? "%%" : "%", pattern, .pattern)
        case .replace(let pattern, let replacement, let place):
            let words = "\(try kept(pattern, in: .pattern))/\(try kept(replacement, in: .replacement))"
            return "${\(name)\(place.operator)\(words)}"
        }
    }

    private mutating func kept(
        _ name: String, _ sign: String, _ word: [Piece], _ part: Part
    ) throws(SubstitutionError) -> String {
        "${\(name)\(sign)\(try kept(word, in: part))}"
    }

    private enum Part { case word, pattern, replacement }

    private mutating func kept(_ pieces: [Piece], in part: Part) throws(SubstitutionError) -> String {
        var result = ""
        for piece in pieces {
            switch piece {
            // A pattern has its backslashes still.
            case .literal(let text):
                let text = part == .pattern ? text : Self.quoted(text, in: part)
                result += text.replacing("${", with: "$${")
            case .escape: result += "$$"
            case .expression(let expression, let source):
                switch try evaluate(expression, source: source) {
                case .value(let value) where Self.canQuote(value, in: part):
                    result += Self.escaped(Self.quoted(value, in: part))
                case .variable(let variable): result += variable
                case .value, nil: result += try kept(expression, source: source)
                }
            }
        }
        return result
    }

    /// Whether a value can be written at a place: before the end a backslash would take its meaning away.
    private static func canQuote(_ value: String, in part: Part) -> Bool {
        part == .replacement || !value.utf8.contains(UInt8(ascii: "\\"))
    }

    private static func quoted(_ text: String, in part: Part) -> String {
        switch part {
        case .word: text.replacing("}", with: "\\}")
        case .pattern: text.replacing("}", with: "\\}").replacing("/", with: "\\/")
        case .replacement: text.replacing("\\", with: "\\\\").replacing("}", with: "\\}")
        }
    }
}

extension Expression.Place {
    fileprivate var `operator`: String {
        switch self {
        case .first: "/"
        case .all: "//"
        case .prefix: "/#"
        case .suffix: "/%"
        }
    }
}
