/// A text with `${…}` in it, taken apart.
enum Piece: Sendable, Hashable {
    case literal(String)
    /// `$${`: stands for `${`.
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
        /// `name:offset` and `name:offset:length`; negative counts from the end.
        case substring(offset: Int, length: Int?)
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

    /// Where a replacement looks: `/`, `//`, `/#`, `/%`.
    enum Place: Sendable, Hashable {
        case first, all, prefix, suffix
    }
}
