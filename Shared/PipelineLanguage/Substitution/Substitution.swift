/// Replaces `${…}` in texts: the subset of bash that Drone's format knows, and dotted names.
///
/// The replacement takes place in the values of a document that is already read, never in its source, so a commit
/// message cannot change what a file means.
public struct Substitution {
    /// The longest result, in bytes.
    public static let longestResult = 1 << 20

    public enum Context: Sendable, Hashable {
        /// Nobody interprets the result. A variable nobody knows is empty.
        case text
        /// A shell will run the result. A variable nobody knows, or whose value a shell would not take as plain text,
        /// is left for the shell, which has the same variables.
        case shell
    }

    let scope: Scope
    let context: Context
    private let budget: SubstitutionBudget
    /// How many expressions were left as they are written.
    private var left = 0

    init(scope: Scope, context: Context, budget: SubstitutionBudget) {
        self.scope = scope
        self.context = context
        self.budget = budget
    }

    /// The text with its expressions replaced.
    public static func apply(
        to text: String, in scope: Scope, context: Context = .text
    ) throws(SubstitutionError) -> String {
        try apply(to: text, in: scope, context: context, budget: SubstitutionBudget())
    }

    static func apply(
        to text: String, in scope: Scope, context: Context = .text, budget: SubstitutionBudget
    ) throws(SubstitutionError) -> String {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        var substitution = Substitution(scope: scope, context: context, budget: budget)
        return try substitution.render(ExpressionParser.pieces(of: text))
    }

    /// The names a text refers to, in their order.
    public static func names(in text: String) -> [String] {
        ExpressionParser.pieces(of: text).compactMap { piece in
            guard case .expression(let expression, _) = piece else { return nil }
            return expression.name
        }
    }

    /// Whether there is anything to replace in a text.
    static func hasExpression(_ text: String) -> Bool {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return false }
        return ExpressionParser.pieces(of: text).contains { if case .expression = $0 { true } else { false } }
    }

    /// - Parameter isWord: Whether this is part of an expression, whose value is protected as a whole.
    private mutating func render(_ pieces: [Piece], isWord: Bool = false) throws(SubstitutionError) -> String {
        let isPartial = scope.isPartial && !isWord
        var result = SubstitutionResult(isPartial: isPartial)
        for piece in pieces {
            switch piece {
            case .literal(let text): result.append(literal: text)
            case .escape: result.append(literal: isPartial ? "$${" : "${")
            case .expression(let expression, let source):
                if let value = try evaluate(expression, source: source) {
                    result.append(value: value)
                } else {
                    left += 1
                    result.append(literal: source)
                }
            }
            guard result.text.utf8.count <= Self.longestResult else {
                throw SubstitutionError(
                    code: .tooLarge, expression: Self.excerpt(pieces),
                    problem: "the result is longer than \(Self.longestResult) bytes")
            }
        }
        budget.bytes -= result.text.utf8.count
        guard !budget.isSpent else { throw tooCostly(Self.excerpt(pieces)) }
        return result.text
    }

    private static func excerpt(_ pieces: [Piece]) -> String {
        for piece in pieces {
            if case .expression(_, let source) = piece { return String(source.prefix(80)) }
        }
        return "${…}"
    }

    /// The value of an expression, or `nil` where it stays as it is written.
    private mutating func evaluate(_ expression: Expression, source: String) throws(SubstitutionError) -> String? {
        let value: String?
        var isTrusted = true
        switch scope.look(up: expression.name) {
        case .value(let found, let trusted):
            value = found
            isTrusted = trusted
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
        let before = left
        let result = try apply(expression.operation, to: value, source: source)
        // Part of it waits for the second pass, so all of it does.
        if scope.isPartial, left > before { return nil }
        guard context == .shell, !isTrusted, !Self.isPlain(result) else { return result }
        // Not something to write into a script. The shell has the variable and treats its value as data.
        guard let variable = Scope.aliases[expression.name] else { return nil }
        return "${" + variable + "}"
    }

    private static func hint(_ name: String, among candidates: [String]) -> String {
        if let found = Nearest.name(to: name, among: candidates) { return "; did you mean “\(found)”?" }
        if candidates.isEmpty { return "" }
        return "; there are \(candidates.sorted().prefix(8).joined(separator: ", "))"
    }

    /// Whether a shell takes every byte as itself.
    private static func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "/"),
                UInt8(ascii: "@"), UInt8(ascii: ":"), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: "="),
                UInt8(ascii: "%"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }

    private mutating func apply(
        _ operation: Expression.Operation, to value: String?, source: String
    ) throws(SubstitutionError) -> String {
        let text = value ?? ""
        if case .value = operation { return text }
        budget.bytes -= text.utf8.count
        guard !budget.isSpent else { throw tooCostly(source) }
        switch operation {
        case .value: return text
        case .length: return "\(text.unicodeScalars.count)"
        case .uppercase(let all): return all ? text.uppercased() : text.prefix(1).uppercased() + text.dropFirst()
        case .lowercase(let all): return all ? text.lowercased() : text.prefix(1).lowercased() + text.dropFirst()
        case .substring(let offset, let length): return Self.substring(text, offset: offset, length: length)
        case .standard(let word, let ifEmpty):
            return value == nil || (ifEmpty && text.isEmpty) ? try render(word, isWord: true) : text
        case .alternative(let word, let ifEmpty):
            return value == nil || (ifEmpty && text.isEmpty) ? "" : try render(word, isWord: true)
        case .required(let word, let ifEmpty):
            guard value == nil || (ifEmpty && text.isEmpty) else { return text }
            let words = try render(word, isWord: true)
            throw SubstitutionError(
                code: .required, expression: source, problem: words.isEmpty ? "it has no value" : words)
        case .removePrefix(let pattern, let longest):
            return try removePrefix(try render(pattern, isWord: true), from: text, longest: longest, source)
        case .removeSuffix(let pattern, let longest):
            return try removeSuffix(try render(pattern, isWord: true), from: text, longest: longest, source)
        case .replace(let pattern, let replacement, let place):
            return try replace(
                try render(pattern, isWord: true), in: text, by: try render(replacement, isWord: true), place, source)
        }
    }

    private static func substring(_ text: String, offset: Int, length: Int?) -> String {
        let scalars = Array(text.unicodeScalars)
        let start = offset >= 0 ? min(offset, scalars.count) : max(0, scalars.count + offset)
        var end = scalars.count
        if let length { end = length >= 0 ? min(end, start + min(length, end)) : max(start, end + length) }
        return Self.string(scalars[start..<end])
    }

    private static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    private func tooCostly(_ source: String) -> SubstitutionError {
        SubstitutionError(
            code: .tooLarge, expression: String(source.prefix(80)),
            problem: "the expressions together take more work than they may")
    }

    private func removePrefix(
        _ pattern: String, from text: String, longest: Bool, _ source: String
    ) throws(SubstitutionError) -> String {
        let scalars = Array(text.unicodeScalars)
        let count = WordPattern(pattern).match(scalars, from: 0, longest: longest, work: &budget.work)
        guard !budget.isSpent else { throw tooCostly(source) }
        return Self.string(scalars.dropFirst(count ?? 0))
    }

    private func removeSuffix(
        _ pattern: String, from text: String, longest: Bool, _ source: String
    ) throws(SubstitutionError) -> String {
        let count = try suffix(pattern, of: text, longest: longest, source)
        return count.map { Self.string(text.unicodeScalars.dropLast($0)) } ?? text
    }

    /// How many scalars at the end match; `nil` if no number does. Read backwards it is a prefix.
    private func suffix(
        _ pattern: String, of text: String, longest: Bool, _ source: String
    ) throws(SubstitutionError) -> Int? {
        let pattern = WordPattern(pattern, isBackwards: true)
        let count = pattern.match(Array(text.unicodeScalars.reversed()), from: 0, longest: longest, work: &budget.work)
        guard !budget.isSpent else { throw tooCostly(source) }
        return count
    }

    private func replace(
        _ pattern: String, in text: String, by replacement: String, _ place: Expression.Place, _ source: String
    ) throws(SubstitutionError) -> String {
        guard !pattern.isEmpty else { return text }
        if place == .suffix {
            guard let count = try suffix(pattern, of: text, longest: true, source), count > 0 else { return text }
            return Self.string(text.unicodeScalars.dropLast(count)) + replacement
        }
        let scalars = Array(text.unicodeScalars)
        let matcher = WordPattern(pattern)
        var result = String.UnicodeScalarView()
        var size = 0
        var position = 0
        while position < scalars.count {
            let count = matcher.match(scalars, from: position, longest: true, work: &budget.work)
            guard !budget.isSpent else { throw tooCostly(source) }
            if let count, count > 0 {
                result.append(contentsOf: replacement.unicodeScalars)
                size += replacement.utf8.count
                guard size <= Self.longestResult else {
                    throw SubstitutionError(
                        code: .tooLarge, expression: String(source.prefix(80)),
                        problem: "the result is longer than \(Self.longestResult) bytes")
                }
                position += count
                if place != .all { break }
            } else {
                // What begins with a star and is not found here is not found further on either.
                if place == .prefix || matcher.startsWithStar { break }
                result.append(scalars[position])
                position += 1
            }
        }
        result.append(contentsOf: scalars[position...])
        return String(result)
    }
}
