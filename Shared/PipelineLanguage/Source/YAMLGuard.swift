/// Finds documents that would keep the YAML library busy for ever, or for the square of their size.
///
/// It hashes every key of a mapping to find duplicates. A key that is an alias, or a list or mapping of aliases, is
/// hashed with all that is behind it, which a few lines of nested aliases make endless; no limit of ours is asked
/// before. Such keys make no sense in a pipeline, so a text that may have one is read only if its aliases are few.
enum YAMLGuard {
    private static let mostAliases = 12
    /// Every `%TAG` is held against every other.
    private static let mostDirectives = 64

    static func hasManyDirectives(_ text: String) -> Bool {
        var count = 0
        var previous = UInt8(ascii: "\n")
        for byte in text.utf8 {
            if byte == UInt8(ascii: "%"), previous == UInt8(ascii: "\n") || previous == UInt8(ascii: "\r") {
                count += 1
            }
            previous = byte
        }
        return count > mostDirectives
    }

    static func isSuspicious(_ text: String) -> Bool {
        var aliases = 0
        var hasCompoundKey = false
        var previous: UInt8 = UInt8(ascii: "\n")
        var isInAlias = false
        // The last byte that is no space, and whether an alias ended there.
        var last: UInt8 = 0
        var aliasEnded = false
        var beforeLast = UInt8(ascii: "\n")
        // `${NAME}:` is a variable before a colon, no mapping.
        var isInVariable = false
        for byte in text.utf8 {
            if byte == UInt8(ascii: "{"), previous == UInt8(ascii: "$") { isInVariable = true }
            if isInAlias, !isName(byte) {
                isInAlias = false
                aliasEnded = true
            }
            switch byte {
            case UInt8(ascii: "*") where startsToken(after: previous):
                aliases += 1
                isInAlias = true
            case UInt8(ascii: ":") where aliasEnded || last == UInt8(ascii: "]") || last == UInt8(ascii: "}"):
                hasCompoundKey = true
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                if last == UInt8(ascii: "?"), startsToken(after: beforeLast) { hasCompoundKey = true }
            default: break
            }
            if byte != UInt8(ascii: " "), byte != UInt8(ascii: "\t") {
                if !isInAlias, byte != UInt8(ascii: ":") { aliasEnded = false }
                beforeLast = previous
                last = byte
                if byte == UInt8(ascii: "}"), isInVariable {
                    isInVariable = false
                    last = UInt8(ascii: "x")
                }
            }
            previous = byte
        }
        return hasCompoundKey && aliases > mostAliases
    }

    private static func startsToken(after byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "["),
            UInt8(ascii: "{"), UInt8(ascii: ","), UInt8(ascii: "?"), UInt8(ascii: ":"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "*"):
            true
        default: false
        }
    }
}
