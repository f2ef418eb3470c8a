/// The rules of a `.dockerignore`: which paths of a build context are left out.
///
/// As the engine's own client reads them: one pattern a line, the last match decides, `!` takes back, what matches a folder
/// holds for all that is in it.
public struct IgnoreRules: Sendable, Hashable {
    /// Which rules matched a folder: they hold for what is in it.
    typealias Matches = [Bool]

    private(set) var patterns: [IgnorePattern] = []

    /// - Parameters:
    ///   - text: The file, in whatever encoding its paths have.
    ///   - file: Its name, for messages.
    /// - Throws: ``DockerError/Code/context`` with the line that is broken.
    public init(_ text: some Sequence<UInt8>, file: String = ".dockerignore") throws(DockerError) {
        var text = Array(text)[...]
        if text.starts(with: [0xEF, 0xBB, 0xBF]) { text.removeFirst(3) }
        let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where line.first != UInt8(ascii: "#") {
            var rule = Self.trimmed(line)
            if rule.isEmpty { continue }
            let isInverted = rule.first == Self.mark
            if isInverted { rule = Self.trimmed(rule.dropFirst()) }
            // Read once more as a whole: `/!name` takes back as well, and the blank of `name /` is at the end now.
            rule = Self.trimmed((isInverted ? [Self.mark] : []) + Self.cleaned(rule)[...])
            if rule.isEmpty { continue }
            let text = Self.cleaned(rule)
            let takesBack = text.first == Self.mark
            guard let pattern = IgnorePattern(Array(takesBack ? text.dropFirst() : text[...]), takesBack: takesBack)
            else {
                let words = String(decoding: Self.trimmed(line), as: UTF8.self)
                throw DockerError(.context, "line \(index + 1) of \(file) is not a valid pattern: “\(words)”")
            }
            patterns.append(pattern)
        }
    }

    /// Takes one path back if the rules leave it out, as the last rule: the Dockerfile and the rules' own file go in
    /// whatever the rules say.
    mutating func takeBack(_ path: String) throws(DockerError) {
        let path = Array(path.utf8)
        guard try ignores(path), let pattern = IgnorePattern(path, takesBack: true) else { return }
        patterns.append(pattern)
    }

    /// Whether a path or a folder it is in is left out.
    /// - Parameter path: Relative to the context, without a leading slash.
    func ignores(_ path: [UInt8]) throws(DockerError) -> Bool { try verdict(path).ignored }

    /// - Parameter folder: What matched the folder the path is in; `nil` at the top.
    func verdict(
        _ path: [UInt8], in folder: Matches? = nil
    ) throws(DockerError) -> (ignored: Bool, matches: Matches) {
        var matches = Matches(repeating: false, count: patterns.count)
        var ignored = false
        let scalars = LazyScalars(path)
        for (index, pattern) in patterns.enumerated() {
            var isMatch = folder?[index] ?? false
            if !isMatch {
                // It would change nothing, and so is not even kept for what is in a folder.
                if pattern.takesBack != ignored { continue }
                isMatch = try pattern.matches(path, scalars.value)
                if !isMatch, folder == nil {
                    for folder in Self.folders(of: path) where !isMatch {
                        isMatch = try pattern.matches(folder, Scalars.decode(folder))
                    }
                }
            }
            matches[index] = isMatch
            if isMatch { ignored = !pattern.takesBack }
        }
        return (ignored, matches)
    }

    /// Whether something in a folder that is left out may be taken back. Only a rule that begins with the very folder
    /// is heeded, so `!**/x` takes nothing back from it.
    func mayTakeBack(below folder: [UInt8]) -> Bool {
        let start = folder + [UInt8(ascii: "/")]
        return patterns.contains { $0.takesBack && ($0.text + [UInt8(ascii: "/")]).starts(with: start) }
    }

    private static func folders(of path: [UInt8]) -> [[UInt8]] {
        path.indices.filter { path[$0] == UInt8(ascii: "/") }.map { Array(path[..<$0]) }
    }

    /// Decoded once for all rules, and only if one needs it.
    private final class LazyScalars {
        private let path: [UInt8]
        private(set) lazy var value = Scalars.decode(path)

        init(_ path: [UInt8]) { self.path = path }
    }

    // MARK: - Reading

    /// Without `.`, `..` and the slashes at both ends. A `..` that leads out stays, and matches nothing.
    private static func cleaned(_ rule: ArraySlice<UInt8>) -> [UInt8] {
        let isRooted = rule.first == UInt8(ascii: "/")
        var segments: [ArraySlice<UInt8>] = []
        let up = Array("..".utf8)[...]
        for segment in rule.split(separator: UInt8(ascii: "/")) where segment != [UInt8(ascii: ".")] {
            if segment != up {
                segments.append(segment)
            } else if let last = segments.last, last != up {
                segments.removeLast()
            } else if !isRooted {
                segments.append(segment)
            }
        }
        if segments.isEmpty { return rule.isEmpty ? [] : Array((isRooted ? "/" : ".").utf8) }
        return Array(segments.joined(separator: [UInt8(ascii: "/")]))
    }

    private static let mark = UInt8(ascii: "!")

    private static let spaces: [[UInt8]] =
        ([
            "\t", "\n", "\u{B}", "\u{C}", "\r", " ", "\u{85}", "\u{A0}", "\u{1680}", "\u{2028}", "\u{2029}", "\u{202F}",
            "\u{205F}", "\u{3000}",
        ] + (0x2000...0x200A).compactMap { Unicode.Scalar($0).map { String($0) } })
        .map { Array($0.utf8) }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = text
        while let space = spaces.first(where: { text.starts(with: $0) }) { text = text.dropFirst(space.count) }
        while let space = spaces.first(where: { text.suffix($0.count).elementsEqual($0) }) {
            text = text.dropLast(space.count)
        }
        return text
    }
}
