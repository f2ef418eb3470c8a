import Text

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
        /// A glob is made of the result: values stand for themselves in it, whatever characters they have.
        case pattern
        /// A shell will run the result. A variable nobody knows is left for the shell, and so is one whose value a shell
        /// would not take as plain text: the shell has the same variables, and takes their values as data. Any other value
        /// that is not plain becomes a variable, see ``ShellValues``.
        case shell
        /// Something that is no shell of this step will run the result, such as `python`. A value that is not plain is an
        /// error.
        case code(of: String)
    }

    let scope: Scope
    let context: Context
    let budget: SubstitutionBudget
    /// Where values go that a script must not contain; `nil` leaves their expressions for the shell.
    private let shellValues: ShellValues?
    /// How many expressions were left as they are written.
    private(set) var left = 0
    /// Whether what is read is a part of an expression that is replaced here: no shell sees it.
    private var isValue = false

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
                switch try evaluate(expression, source: source) {
                case .value(let value): result += isPartial ? Self.escaped(value) : value
                case .variable(let variable): result += variable
                case nil:
                    left += 1
                    let kept = try kept(expression, source: source)
                    result += isPartial ? kept : kept.replacing("$$", with: "$")
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

    /// The text of a pattern or a number.
    mutating func value(of pieces: [Piece]) throws(SubstitutionError) -> String {
        let outer = isValue
        isValue = true
        defer { isValue = outer }
        return try render(pieces, isWord: true)
    }

    // MARK: One expression

    /// What an expression is replaced by.
    enum Replacement {
        case value(String)
        /// A variable that the shell has, as a shell and the second pass read it.
        case variable(String)
    }

    /// What takes the place of an expression, or `nil` where it stays as it is written.
    mutating func evaluate(_ expression: Expression, source: String) throws(SubstitutionError) -> Replacement? {
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
        case .dropped(let secret):
            guard case .standard = expression.operation else {
                throw SubstitutionError(
                    code: .unknownName, expression: source,
                    problem: "this output was dropped, since it holds \(secret): let the step that needs that take it "
                        + "itself, with from_secret")
            }
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
        guard let (result, source) = try apply(expression.operation, to: value, from: origin, source: source) else {
            return nil
        }
        if left > before {
            // Part of it waits for the second pass, so all of it does; and of half a pattern or number nothing comes.
            if scope.isPartial || !expression.operation.isChoice { return nil }
        }
        if isValue { return .value(result) }
        return switch context {
        case .text: .value(result)
        case .pattern: .value(source == .source ? result : Glob.escaped(result))
        case .shell: inScript(result, of: expression, source)
        case .code(let program): try inCode(result, of: expression, source, program)
        }
    }

    /// What stands for a value in a script; `nil` where the expression stays as it is written.
    private func inScript(_ result: String, of expression: Expression, _ origin: Scope.Origin) -> Replacement? {
        if origin == .source || ShellValues.isPlain(result) { return .value(result) }
        // Not something to write into a script. Where the shell has the variable, it is left to the shell.
        if origin == .shell, case .value = expression.operation, shellValues?.hasRun != false {
            return Scope.aliases[expression.name].map { .variable("${\($0)}") }
        }
        guard !scope.isPartial || origin == .given, let shellValues else { return nil }
        return .variable(shellValues.reference(to: result))
    }

    /// What stands for a value in code of another language: a plain value only.
    private func inCode(
        _ result: String, of expression: Expression, _ origin: Scope.Origin, _ program: String
    ) throws(SubstitutionError) -> Replacement? {
        if origin == .source || ShellValues.isPlain(result) { return .value(result) }
        guard !scope.isPartial || origin == .given else { return nil }
        let name = Scope.aliases[expression.name] ?? expression.name
        let isVariable = origin == .shell && shellValues?.hasRun != false && !name.hasPrefix(ShellValues.prefix)
        throw SubstitutionError(
            code: .unusable, expression: "${\(expression.name)}",
            problem: "the value is not plain, and this word is code of \(program); "
                + CodeWords.remedy(variable: isVariable ? name : nil, for: program))
    }

    private static func hint(_ name: String, among candidates: [String]) -> String {
        if let found = Nearest.name(to: name, among: candidates) { return "; did you mean “\(found)”?" }
        if candidates.isEmpty { return "" }
        return "; there are \(candidates.sorted().prefix(8).joined(separator: ", "))"
    }
}
