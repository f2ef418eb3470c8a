/// Replaces `${…}` in texts: the subset of bash that Drone's format knows, and dotted names. `$$` is one `$`.
///
/// The replacement takes place in the values of a document that is already read, never in its source, so a commit
/// message cannot change what a file means.
public struct Substitution {
    /// The longest result, in bytes.
    public static let longestResult = 1 << 20

    public enum Context: Sendable, Hashable {
        /// Nobody interprets the result. A variable nobody knows is empty.
        case text
        /// A shell will run the result. A variable nobody knows is left for the shell, and so is one whose value a shell
        /// would not take as plain text: the shell has the same variables, and takes their values as data.
        case shell
    }

    let scope: Scope
    let context: Context
    let budget: SubstitutionBudget
    /// Where values go that a script must not contain; `nil` leaves their expressions for the shell.
    private let shellValues: ShellValues?
    /// How many expressions were left as they are written.
    private(set) var left = 0

    init(scope: Scope, context: Context, budget: SubstitutionBudget, shellValues: ShellValues? = nil) {
        self.scope = scope
        self.context = context
        self.budget = budget
        self.shellValues = shellValues
    }

    /// The text with its expressions replaced.
    /// - Throws: ``SubstitutionError`` with the expression that cannot be replaced.
    public static func apply(
        to text: String, in scope: Scope, context: Context = .text
    ) throws(SubstitutionError) -> String {
        try apply(to: text, in: scope, context: context, budget: SubstitutionBudget())
    }

    static func apply(
        to text: String, in scope: Scope, context: Context = .text, budget: SubstitutionBudget,
        shellValues: ShellValues? = nil
    ) throws(SubstitutionError) -> String {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        var substitution = Substitution(scope: scope, context: context, budget: budget, shellValues: shellValues)
        return try substitution.render(ExpressionParser.pieces(of: text))
    }

    /// The names a text refers to, in their order; those within expressions after the expression's own.
    public static func names(in text: String) -> [String] {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return [] }
        return names(in: ExpressionParser.pieces(of: text))
    }

    private static func names(in pieces: [Piece]) -> [String] {
        pieces.flatMap { piece -> [String] in
            guard case .expression(let expression, _) = piece else { return [] }
            return [expression.name] + expression.words.flatMap(names)
        }
    }

    /// Whether there is anything to replace in a text.
    static func hasExpression(_ text: String) -> Bool {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return false }
        return ExpressionParser.pieces(of: text).contains { if case .expression = $0 { true } else { false } }
    }

    // MARK: Two passes

    /// A text in which a later pass finds no expression, and which comes out of it as it is here.
    static func escaped(_ value: String) -> String { value.replacing("$", with: "$$") }

    /// What a later pass would make of a text if it left every expression as it is.
    static func settled(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        return ExpressionParser.pieces(of: text).reduce(into: "") { result, piece in
            switch piece {
            case .literal(let text): result += text
            case .escape: result += "$"
            case .expression(_, let source): result += source
            }
        }
    }

    /// - Parameter isWord: Whether this is part of an expression, whose value is protected as a whole.
    mutating func render(_ pieces: [Piece], isWord: Bool = false) throws(SubstitutionError) -> String {
        let isPartial = scope.isPartial && !isWord
        var result = ""
        for piece in pieces {
            switch piece {
            // What was never closed here is not to be closed by a value.
            case .literal(let text): result += isPartial ? text.replacing("${", with: "$${") : text
            case .escape: result += isPartial ? "$$" : "$"
            case .expression(let expression, let source):
                if let value = try evaluate(expression, source: source) {
                    result += isPartial ? Self.escaped(value) : value
                } else {
                    left += 1
                    result += isPartial ? try kept(expression, source: source) : source.replacing("$$", with: "$")
                }
            }
            guard result.utf8.count <= Self.longestResult else {
                throw SubstitutionError(
                    code: .tooLarge, expression: Self.excerpt(pieces),
                    problem: "the result is longer than \(Self.longestResult) bytes")
            }
        }
        budget.bytes -= result.utf8.count
        guard !budget.isSpent else { throw tooCostly(Self.excerpt(pieces)) }
        return result
    }

    private static func excerpt(_ pieces: [Piece]) -> String {
        for piece in pieces {
            if case .expression(_, let source) = piece { return String(source.prefix(80)) }
        }
        return "${…}"
    }

    // MARK: One expression

    /// The value of an expression, or `nil` where it stays as it is written.
    mutating func evaluate(_ expression: Expression, source: String) throws(SubstitutionError) -> String? {
        let value: String?
        var origin = Scope.Origin.source
        switch scope.look(up: expression.name) {
        case .value(let found, let from):
            value = found
            origin = from
        case .absent: value = nil
        case .pending: return nil
        case .unknown:
            if scope.isPartial || context == .shell { return nil }
            value = nil
        case .wrong(let wanted, let names, let what):
            if context == .shell, !expression.name.contains(".") { return nil }
            if case .standard = expression.operation {
                value = nil
            } else {
                throw SubstitutionError(
                    code: .unknownName, expression: source,
                    problem: "there is no \(what) of this name" + Self.hint(wanted, among: names))
            }
        }
        // A shell may know more of numbers than we do.
        if context == .shell, expression.problem != nil { return nil }
        let before = left
        let result = try apply(expression.operation, to: value, source: source)
        if left > before {
            // Part of it waits for the second pass, so all of it does; and half a number is none.
            if scope.isPartial { return nil }
            if case .substring = expression.operation { return nil }
        }
        return context == .shell ? inScript(result, of: expression, origin) : result
    }

    /// What stands for a value in a script; `nil` where the expression stays as it is written.
    private func inScript(_ result: String, of expression: Expression, _ origin: Scope.Origin) -> String? {
        switch origin {
        case .source: return result
        // Whoever gives these may give commands as well, but what looks like a variable in them is none.
        case .given:
            guard ShellValues.isExpanded(result), let shellValues else { return result }
            return shellValues.reference(to: result)
        case .shell, .data: break
        }
        if ShellValues.isPlain(result) { return result }
        // Not something to write into a script. Where the shell has the variable, it is left to the shell.
        if case .shell = origin, case .value = expression.operation {
            return Scope.aliases[expression.name].map { "${\($0)}" }
        }
        guard !scope.isPartial, let shellValues else { return nil }
        return shellValues.reference(to: result)
    }

    private static func hint(_ name: String, among candidates: [String]) -> String {
        if let found = Nearest.name(to: name, among: candidates) { return "; did you mean “\(found)”?" }
        if candidates.isEmpty { return "" }
        return "; there are \(candidates.sorted().prefix(8).joined(separator: ", "))"
    }
}
