/// The rules of a `.dockerignore`: which paths of a build context are left out.
///
/// As the engine's own client reads them: one pattern a line, `*`, `?` and `[…]` within a segment, `**` across segments,
/// `!` takes back, the last match decides, and what matches a folder holds for all that is in it.
public struct IgnoreRules: Sendable, Hashable {
    struct Rule: Sendable, Hashable {
        var segments: [[UInt8]]
        var takesBack: Bool
    }

    let rules: [Rule]

    public init(_ text: String) {
        var rules: [Rule] = []
        for line in text.split(whereSeparator: \.isNewline) {
            if line.hasPrefix("#") { continue }
            var pattern = line[...]
            while let first = pattern.first, first == " " || first == "\t" { pattern.removeFirst() }
            while let last = pattern.last, last == " " || last == "\t" { pattern.removeLast() }
            let takesBack = pattern.hasPrefix("!")
            if takesBack { pattern.removeFirst() }
            var segments: [[UInt8]] = []
            for segment in pattern.split(separator: "/") where segment != "." {
                if segment == ".." {
                    _ = segments.popLast()
                } else {
                    segments.append(Array(segment.utf8))
                }
            }
            if !segments.isEmpty { rules.append(Rule(segments: segments, takesBack: takesBack)) }
        }
        self.rules = rules
    }

    /// Whether nothing below an ignored folder can be taken back, so that it need not be looked at.
    var prunes: Bool { !rules.contains(where: \.takesBack) }

    /// Whether a path, relative to the context and without a leading slash, is left out.
    public func ignores(_ path: String) -> Bool {
        let segments = path.split(separator: "/").map { Array($0.utf8) }
        var ignored = false
        for rule in rules where ignored == rule.takesBack {
            let matches = (1...max(1, segments.count)).contains { count in
                Self.match(rule.segments[...], segments.prefix(count))
            }
            if matches { ignored = !rule.takesBack }
        }
        return ignored
    }

    private static func match(_ pattern: ArraySlice<[UInt8]>, _ path: ArraySlice<[UInt8]>) -> Bool {
        guard let first = pattern.first else { return path.isEmpty }
        if first == Array("**".utf8) {
            let rest = pattern.dropFirst()
            // At the end it stands for what is inside, not for the folder itself.
            if rest.isEmpty { return !path.isEmpty }
            return (0...path.count).contains { match(rest, path.dropFirst($0)) }
        }
        guard let segment = path.first, matchSegment(first[...], segment[...]) else { return false }
        return match(pattern.dropFirst(), path.dropFirst())
    }

    private static func matchSegment(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        let rest = pattern.dropFirst()
        switch first {
        case UInt8(ascii: "*"):
            return (0...text.count).contains { matchSegment(rest, text.dropFirst($0)) }
        case UInt8(ascii: "?"):
            return !text.isEmpty && matchSegment(rest, text.dropFirst())
        case UInt8(ascii: "["):
            guard let byte = text.first, let end = rest.dropFirst().firstIndex(of: UInt8(ascii: "]")) else {
                return false
            }
            return contains(rest[..<end], byte) && matchSegment(rest[(end + 1)...], text.dropFirst())
        case UInt8(ascii: "\\"):
            guard let literal = rest.first, literal == text.first else { return false }
            return matchSegment(rest.dropFirst(), text.dropFirst())
        default:
            return first == text.first && matchSegment(rest, text.dropFirst())
        }
    }

    private static func contains(_ set: ArraySlice<UInt8>, _ byte: UInt8) -> Bool {
        var set = set
        let negated = set.first == UInt8(ascii: "^")
        if negated { set = set.dropFirst() }
        var found = false
        while let low = set.popFirst() {
            if set.first == UInt8(ascii: "-"), let high = set.dropFirst().first {
                found = found || (low <= byte && byte <= high)
                set = set.dropFirst(2)
            } else {
                found = found || low == byte
            }
        }
        return found != negated
    }
}
