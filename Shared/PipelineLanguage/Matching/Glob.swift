/// A glob, compiled once and matched in time linear in the text: states advance together, nothing backtracks.
///
/// `*` stays within a segment, `**` crosses `/` (and `**/` also stands for no directory at all), `?` is one character
/// but `/`, `[a-z]`, `[!a-z]` and `[[:alpha:]]` are classes, which have no `/` either, `{a,b}` are alternatives (they
/// nest), `\` takes the next one literally.
public struct Glob: Sendable, Hashable {
    /// The longest pattern taken, in UTF-8 bytes.
    public static let longestPattern = 1024
    /// How deep alternatives may nest.
    static let deepestNesting = 16

    public let pattern: String
    let program: [Instruction]
    /// What a pattern without any wildcard has to equal: most are of this kind.
    let literal: String?
    /// What a text has to begin and end with, wildcards or not: most texts that do not match are known by it.
    private let prefix: [UInt8]
    private let suffix: [UInt8]

    enum Instruction: Sendable, Hashable {
        case scalar(Unicode.Scalar)
        /// Any scalar but `/`.
        case segment
        /// Any scalar.
        case anything
        case oneOf(ScalarClass)
        /// One of a class but `/`.
        case segmentOneOf(ScalarClass)
        /// Goes on at both.
        case split(Int, Int)
        case jump(Int)
        case match
    }

    /// - Throws: ``GlobError`` that says what is wrong with the pattern.
    public init(_ pattern: String) throws(GlobError) {
        self.pattern = pattern
        let wild = pattern.utf8.contains { Self.isSpecial($0) && $0 != UInt8(ascii: "]") }
        guard pattern.utf8.count <= Self.longestPattern else {
            throw GlobError(problem: "a pattern has \(Self.longestPattern) bytes at most")
        }
        if wild {
            var parser = GlobParser(pattern)
            program = try parser.parse()
            literal = nil
        } else {
            program = []
            literal = pattern
        }
        let bytes = Array(pattern.utf8)
        prefix = Array(bytes.prefix { !Self.isSpecial($0) })
        // What comes after the last special character is literal, unless that character takes it literally anyway.
        let last = bytes.lastIndex(where: Self.isSpecial) ?? -1
        // The slash of `**/` may stand for nothing.
        let start = last >= 0 && last + 1 < bytes.count && bytes[last + 1] == UInt8(ascii: "/") ? last + 2 : last + 1
        suffix =
            bytes.contains(UInt8(ascii: "\\"))
            ? [] : Array(bytes[start...])
    }

    /// The pattern that this text alone matches, also within a pattern's braces.
    static func escaped(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { pattern, scalar in
            if scalar == "," || UInt8(exactly: scalar.value).map(isSpecial) == true { pattern.append("\\") }
            pattern.unicodeScalars.append(scalar)
        }
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"),
            UInt8(ascii: "}"), UInt8(ascii: "\\"):
            true
        default: false
        }
    }

    public func matches(_ text: String) -> Bool {
        var work = Int.max
        return matches(text, work: &work)
    }

    /// - Parameter work: Counted down by what was looked at; below 0 nothing matches any more.
    func matches(_ text: String, work: inout Int) -> Bool {
        work -= 1
        let bytes = text.utf8
        if let literal { return literal.utf8.elementsEqual(bytes) }
        guard bytes.count >= max(prefix.count, suffix.count), bytes.starts(with: prefix),
            bytes.suffix(suffix.count).elementsEqual(suffix)
        else { return false }
        var current = StateSet(count: program.count)
        var next = StateSet(count: program.count)
        current.add(0, program)
        for scalar in text.unicodeScalars {
            work -= current.members.count
            guard !current.isEmpty, work >= 0 else { return false }
            next.clear()
            for state in current.members {
                if program[state].takes(scalar) { next.add(state + 1, program) }
            }
            swap(&current, &next)
        }
        return current.members.contains { program[$0] == .match }
    }
}

extension Glob.Instruction {
    /// Whether this instruction consumes the scalar. One that consumes nothing never does.
    func takes(_ scalar: Unicode.Scalar) -> Bool {
        switch self {
        case .scalar(let expected): expected == scalar
        case .segment: scalar != "/"
        case .anything: true
        case .oneOf(let members): members.contains(scalar)
        case .segmentOneOf(let members): scalar != "/" && members.contains(scalar)
        case .split, .jump, .match: false
        }
    }
}

/// A pattern that is no glob.
public struct GlobError: Error, Sendable, Equatable, CustomStringConvertible {
    public let problem: String

    public init(problem: String) { self.problem = problem }

    public var description: String { problem }
}
