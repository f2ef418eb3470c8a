/// What the operators of an expression do with a value.
extension Substitution {
    /// - Returns: the result and where it is from, or `nil` where a number in it is not known yet.
    mutating func apply(
        _ operation: Expression.Operation, to value: String?, from origin: Scope.Origin, source: String
    ) throws(SubstitutionError) -> (String, Scope.Origin)? {
        let text = value ?? ""
        if case .value = operation { return (text, origin) }
        budget.bytes -= text.utf8.count
        guard !budget.isSpent else { throw tooCostly(source) }
        switch operation {
        // A word is the pipeline's own, with what stands for values in it.
        case .standard(let word, let ifEmpty) where value == nil || ifEmpty && text.isEmpty,
            .alternative(let word, let ifEmpty) where !(value == nil || ifEmpty && text.isEmpty):
            return (try render(word, isWord: true), .source)
        case .value, .standard: return (text, origin)
        case .alternative: return ("", .source)
        case .length: return ("\(text.unicodeScalars.count)", origin)
        case .uppercase(let all):
            return (all ? text.uppercased() : text.prefix(1).uppercased() + text.dropFirst(), origin)
        case .lowercase(let all):
            return (all ? text.lowercased() : text.prefix(1).lowercased() + text.dropFirst(), origin)
        case .substring(let offset, let length):
            guard let start = try number(offset, source) else { return nil }
            guard let length else { return (Self.substring(text, offset: start, length: nil), origin) }
            guard let length = try number(length, source) else { return nil }
            return (Self.substring(text, offset: start, length: length), origin)
        case .required(let word, let ifEmpty):
            guard value == nil || (ifEmpty && text.isEmpty) else { return (text, origin) }
            let words = try self.value(of: word)
            throw SubstitutionError(
                code: .required, expression: source, problem: words.isEmpty ? "it has no value" : words)
        case .removePrefix(let pattern, let longest):
            return (try removePrefix(try self.value(of: pattern), from: text, longest: longest, source), origin)
        case .removeSuffix(let pattern, let longest):
            return (try removeSuffix(try self.value(of: pattern), from: text, longest: longest, source), origin)
        case .replace(let pattern, let replacement, let place):
            // Of an empty value nothing may be something, of no value it may not.
            guard value != nil else { return ("", .source) }
            let (pattern, replacement) = (try self.value(of: pattern), try self.value(of: replacement))
            return (try replace(pattern, in: text, by: replacement, place, source), origin)
        }
    }

    private mutating func number(_ pieces: [Piece], _ source: String) throws(SubstitutionError) -> Int? {
        let before = left
        let text = try value(of: pieces)
        // Left for the second pass or the shell, and so is the whole.
        if left > before { return nil }
        if let number = Expression.number(text) { return number }
        throw SubstitutionError(code: .noNumber, expression: source, problem: "“\(text.prefix(40))” is not a number")
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

    func tooCostly(_ source: String) -> SubstitutionError {
        SubstitutionError(
            code: .tooLarge, expression: String(source.prefix(80)),
            problem: "the expressions together take more work than they may")
    }

    private func compile(
        _ pattern: String, isBackwards: Bool = false, _ source: String
    ) throws(SubstitutionError) -> WordPattern {
        let pattern = WordPattern(pattern, isBackwards: isBackwards, work: &budget.work)
        guard !budget.isSpent else { throw tooCostly(source) }
        return pattern
    }

    private func removePrefix(
        _ pattern: String, from text: String, longest: Bool, _ source: String
    ) throws(SubstitutionError) -> String {
        let scalars = Array(text.unicodeScalars)
        let pattern = try compile(pattern, source)
        let count = pattern.match(scalars, from: 0, longest: longest, work: &budget.work)
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
        let pattern = try compile(pattern, isBackwards: true, source)
        let count = pattern.match(Array(text.unicodeScalars.reversed()), from: 0, longest: longest, work: &budget.work)
        guard !budget.isSpent else { throw tooCostly(source) }
        return count
    }

    private func replace(
        _ pattern: String, in text: String, by replacement: String, _ place: Expression.Place, _ source: String
    ) throws(SubstitutionError) -> String {
        guard !pattern.isEmpty else {
            // Nothing is at the beginning and at the end of every text.
            return place == .prefix ? replacement + text : place == .suffix ? text + replacement : text
        }
        if text.isEmpty {
            let count = try compile(pattern, source).match([], from: 0, longest: true, work: &budget.work)
            return count == nil ? text : replacement
        }
        if place == .suffix {
            guard let count = try suffix(pattern, of: text, longest: true, source), count > 0 else { return text }
            return Self.string(text.unicodeScalars.dropLast(count)) + replacement
        }
        let scalars = Array(text.unicodeScalars)
        let matcher = try compile(pattern, source)
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
