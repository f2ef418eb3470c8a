/// What is between `[` and `]` in a pattern: characters, ranges and POSIX classes such as `[:alnum:]`.
struct ScalarClass: Sendable, Hashable {
    private var ranges: [ClosedRange<Unicode.Scalar>] = []
    private var names: [Name] = []
    private var isNegated = false
    /// A range whose first character comes after its last: to a shell it holds nothing.
    private(set) var emptyRange: String?

    /// The POSIX classes and the two that bash adds, as a shell has them in a UTF-8 locale.
    fileprivate enum Name: String {
        case alnum, alpha, ascii, blank, cntrl, digit, graph, lower, print, punct, space, upper, word, xdigit
    }

    /// The longest name that is looked for; one that is longer than any of a shell's is no name.
    private static let longestName = 32

    /// The class that begins at the `[`, and where its `]` is; `nil` where it is never closed.
    ///
    /// A `]` in the first place is a character of the class, `\` makes the next character an ordinary one, and a class
    /// of an unknown name holds nothing, as in bash.
    static func parse(_ scalars: [Unicode.Scalar], from start: Int) -> (class: ScalarClass, end: Int)? {
        var result = ScalarClass()
        var position = start + 1
        if position < scalars.count, scalars[position] == "!" || scalars[position] == "^" {
            result.isNegated = true
            position += 1
        }
        let first = position
        while position < scalars.count {
            if scalars[position] == "]", position > first { return (result, position) }
            if let (name, end) = bracketed(":", scalars, position, longest: longestName) {
                if let name = Name(rawValue: name) { result.names.append(name) }
                position = end
                continue
            }
            guard let low = scalar(scalars, &position) else { return nil }
            guard position + 1 < scalars.count, scalars[position] == "-", scalars[position + 1] != "]" else {
                result.ranges.append(low...low)
                continue
            }
            position += 1
            guard let high = scalar(scalars, &position) else { return nil }
            if low <= high { result.ranges.append(low...high) } else { result.emptyRange = "\(low)-\(high)" }
        }
        return nil
    }

    /// One character: as it is, behind a backslash, or as `[.x.]` or `[=x=]`.
    private static func scalar(_ scalars: [Unicode.Scalar], _ position: inout Int) -> Unicode.Scalar? {
        for mark: Unicode.Scalar in [".", "="] {
            guard let (name, end) = bracketed(mark, scalars, position, longest: 1), let only = name.unicodeScalars.first
            else { continue }
            position = end
            return only
        }
        if scalars[position] == "\\" { position += 1 }
        guard position < scalars.count else { return nil }
        defer { position += 1 }
        return scalars[position]
    }

    /// `[:alpha:]`: what is between the marks, and what comes behind it.
    private static func bracketed(
        _ mark: Unicode.Scalar, _ scalars: [Unicode.Scalar], _ position: Int, longest: Int
    ) -> (name: String, end: Int)? {
        guard position + 1 < scalars.count, scalars[position] == "[", scalars[position + 1] == mark else { return nil }
        let start = position + 2
        var end = start
        while end + 1 < scalars.count, end - start <= longest {
            if scalars[end] == mark, scalars[end + 1] == "]" {
                var name = String.UnicodeScalarView()
                name.append(contentsOf: scalars[start..<end])
                return (String(name), end + 2)
            }
            end += 1
        }
        return nil
    }

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        (ranges.contains { $0.contains(scalar) } || names.contains { $0.holds(scalar) }) != isNegated
    }
}

extension ScalarClass.Name {
    fileprivate func holds(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        switch self {
        case .alnum: return Self.alpha.holds(scalar) || Self.digit.holds(scalar)
        // Digits of other scripts count as letters there.
        case .alpha: return properties.isAlphabetic || !scalar.isASCII && properties.numericType == .decimal
        case .ascii: return scalar.isASCII
        case .blank: return scalar == "\t" || properties.generalCategory == .spaceSeparator && !isNoBreak(scalar)
        case .cntrl: return [.control, .lineSeparator, .paragraphSeparator].contains(properties.generalCategory)
        case .digit: return ("0"..."9").contains(scalar)
        case .graph: return Self.print.holds(scalar) && !Self.space.holds(scalar)
        case .lower: return properties.isLowercase
        case .print: return properties.generalCategory != .unassigned && !Self.cntrl.holds(scalar)
        case .punct: return Self.graph.holds(scalar) && !Self.alnum.holds(scalar)
        case .space: return properties.isWhitespace && !isNoBreak(scalar)
        case .upper: return properties.isUppercase
        case .word: return scalar == "_" || Self.alnum.holds(scalar)
        case .xdigit: return properties.isASCIIHexDigit
        }
    }

    private func isNoBreak(_ scalar: Unicode.Scalar) -> Bool {
        ["\u{A0}", "\u{2007}", "\u{202F}", "\u{85}"].contains(scalar)
    }
}
