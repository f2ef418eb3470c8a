import FoundationEssentials

/// How a secret may look in a log.
struct SecretForms {
    /// The lines of the secrets and of their values, as far as they are seen.
    let written: [[UInt8]]
    /// Those as other languages write them.
    let escaped: [[UInt8]]
    /// The secrets and their values in base 64, with `+` and `/`.
    let encoded: [[UInt8]]

    /// The shortest text that is hidden: masking `1` would hide nothing and make the log unreadable.
    private static let shortest = 3
    /// The fewest characters of base 64 that are hidden, which is five bytes wherever they begin.
    private static let shortestEncoded = 6

    init(_ secrets: some Sequence<String>) {
        let secrets = Set(secrets).sorted().map(SecretText.init)
        let values = secrets.flatMap(\.values).map(SecretText.init)
        let texts = secrets + values
        let lines = Set(texts.flatMap(\.lines))
        written = Self.seen(lines)
        escaped = Self.seen(Set(lines.flatMap { line in TextEscape.all.map { $0.escape(line) }.filter { $0 != line } }))
        encoded = texts.flatMap { Self.base64($0.whole) }
    }

    /// What is seen of texts and long enough, the shorter ones first.
    private static func seen(_ texts: Set<[UInt8]>) -> [[UInt8]] {
        Set(texts.map(InvisibleBytes.removed)).filter { $0.count >= shortest }.sorted { $0.count < $1.count }
    }

    /// The characters that a text gives wherever it begins in what is encoded, without those that it shares with what
    /// is beside it; and with them where it ends what is encoded, or a line's end follows.
    private static func base64(_ bytes: [UInt8]) -> [[UInt8]] {
        var patterns: [[UInt8]] = []
        for before in 0..<3 {
            let shared = before == 0 ? 0 : before + 1
            let whole = [UInt8](repeating: 0, count: before) + bytes
            let inside = Array(Data(whole).base64EncodedString().utf8.prefix(whole.count * 8 / 6).dropFirst(shared))
            guard inside.count >= shortestEncoded else { continue }
            patterns.append(inside)
            for end in [whole, whole + [UInt8(ascii: "\n")]] {
                patterns.append(Array(Data(end).base64EncodedString().utf8.dropFirst(shared)))
                patterns.append(patterns[patterns.count - 1].filter { $0 != UInt8(ascii: "=") })
            }
        }
        return patterns
    }
}
