/// A part of a text with `${…}` in it.
enum Piece: Sendable, Hashable {
    case literal(String)
    /// `$$`: stands for one `$`.
    case escape
    /// An expression and how it was written.
    indirect case expression(Expression, source: String)
}

/// What is between `${` and `}`.
struct Expression: Sendable, Hashable {
    var name: String
    var operation: Operation

    enum Operation: Sendable, Hashable {
        case value
        /// `#name`
        case length
        /// `name^`, `name^^`
        case uppercase(all: Bool)
        /// `name,`, `name,,`
        case lowercase(all: Bool)
        /// `name:offset` and `name:offset:length`, which may be expressions; negative counts from the end.
        case substring(offset: [Piece], length: [Piece]?)
        /// `name-word`, `name=word`; with a colon also where it is empty.
        case standard([Piece], ifEmpty: Bool)
        /// `name+word`; with a colon only where it is not empty.
        case alternative([Piece], ifEmpty: Bool)
        /// `name?word`: an error with these words.
        case required([Piece], ifEmpty: Bool)
        /// `name#pattern`, `name##pattern`
        case removePrefix([Piece], longest: Bool)
        /// `name%pattern`, `name%%pattern`
        case removeSuffix([Piece], longest: Bool)
        case replace([Piece], by: [Piece], Place)
    }

    /// The parts of the operation that are texts themselves.
    var words: [[Piece]] {
        switch operation {
        case .value, .length, .uppercase, .lowercase: []
        case .substring(let offset, let length): [offset] + (length.map { [$0] } ?? [])
        case .standard(let word, _), .alternative(let word, _), .required(let word, _), .removePrefix(let word, _),
            .removeSuffix(let word, _):
            [word]
        case .replace(let pattern, let replacement, _): [pattern, replacement]
        }
    }

    /// Why the expression can never be replaced, whatever the values are; `nil` for one that can.
    var problem: String? {
        guard case .substring(let offset, let length) = operation else { return nil }
        for number in [offset] + (length.map { [$0] } ?? []) {
            guard let text = Self.text(of: number), Self.number(text) == nil else { continue }
            return "“\(text.prefix(40))” is not a number; a part is ${\(name):0:8}, a default ${\(name):-…}"
        }
        return nil
    }

    /// What pieces are by themselves; `nil` where that depends on an expression in them.
    private static func text(of pieces: [Piece]) -> String? {
        var text = ""
        for piece in pieces {
            switch piece {
            case .literal(let literal): text += literal
            case .escape: text += "$"
            case .expression: return nil
            }
        }
        return text
    }

    /// A number as in `${x: -4:2}`: blanks around it count for nothing, and nothing at all is 0.
    static func number(_ text: String) -> Int? {
        let digits = text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
        return digits.isEmpty ? 0 : Int(String(digits))
    }

    /// Where a replacement looks: `/`, `//`, `/#`, `/%`.
    enum Place: Sendable, Hashable {
        case first, all, prefix, suffix
    }
}

extension Expression.Operation {
    /// Whether the result is the value or a word, whatever is in them.
    var isChoice: Bool {
        switch self {
        case .value, .standard, .alternative: true
        default: false
        }
    }
}
