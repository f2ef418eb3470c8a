/// A place in a document: line and column from 1, columns in Unicode scalars.
struct SourceMark: Sendable, Hashable {
    var line: Int
    var column: Int

    static let start = SourceMark(line: 1, column: 1)
}

/// A value of a document, YAML or JSON, and where it is.
struct SourceNode: Sendable, Hashable {
    enum Content: Sendable, Hashable {
        case null
        case scalar(SourceScalar)
        case list([SourceNode])
        case map([SourceEntry])
    }

    var content: Content
    var mark: SourceMark
    /// Whether an anchor of YAML is on it or on anything in it.
    var hasAnchor = false

    /// The last line of what is in it.
    var lastLine: Int {
        switch content {
        case .null: return mark.line
        case .scalar(let scalar):
            // Text of several lines begins behind the line of its mark.
            let breaks = scalar.text.utf8.count { $0 == UInt8(ascii: "\n") }
            return breaks == 0 ? mark.line : mark.line + breaks + 1
        case .list(let elements): return elements.map(\.lastLine).max() ?? mark.line
        case .map(let entries): return entries.map { max($0.keyMark.line, $0.value.lastLine) }.max() ?? mark.line
        }
    }

    /// `text`, `a list` and so on, for messages.
    var kindName: String {
        switch content {
        case .null: "nothing"
        case .list: "a list"
        case .map: "a mapping"
        case .scalar(let scalar):
            switch scalar.kind {
            case .text: "text"
            case .number: "a number"
            case .bool: "a truth value"
            }
        }
    }

    /// How many characters to mark: those of a scalar that is on one line.
    var length: Int {
        guard case .scalar(let scalar) = content, !scalar.text.utf8.contains(UInt8(ascii: "\n")) else { return 1 }
        return max(1, scalar.text.unicodeScalars.count + (scalar.isQuoted ? 2 : 0))
    }

    /// The value of a map's key, or `nil`. A key that differs in capitals and separators alone is meant, too.
    func member(_ key: String) -> SourceNode? {
        guard case .map(let entries) = content else { return nil }
        return (entries.first { $0.key == key } ?? entries.first { $0.key.isSpelling(of: key) })?.value
    }
}

extension String {
    /// Whether a key is this one in the spelling of another format: `dependsOn` and `Depends-On` for `depends_on`.
    func isSpelling(of key: String) -> Bool {
        guard utf8.count < 2 * key.utf8.count + 2 else { return false }
        return folded == key.folded
    }

    private var folded: [UInt8] {
        utf8.compactMap { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte + 32
            case UInt8(ascii: "_"), UInt8(ascii: "-"): nil
            default: byte
            }
        }
    }
}

/// A text, number or truth value as it is written.
struct SourceScalar: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case text
        case number
        case bool(Bool)
    }

    var text: String
    var kind: Kind
    var isQuoted = false
}

struct SourceEntry: Sendable, Hashable {
    var key: String
    var keyMark: SourceMark
    var value: SourceNode
}
