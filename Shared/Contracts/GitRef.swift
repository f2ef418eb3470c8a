/// The names of refs and commits that Git can have, after git-check-ref-format(1).
public enum GitRef {
    /// Why this is no full ref such as `refs/heads/main`, or `nil` if it is one. Of at most 1,024 bytes, for it is an
    /// argument of commands.
    public static func problem(_ ref: String) -> String? {
        guard ref.hasPrefix("refs/"), ref.utf8.count <= 1024 else {
            return "“\(ref.prefix(200))” is not a ref such as refs/heads/main"
        }
        return isWellFormed(ref, parts: 3) ? nil : "“\(ref.prefix(200))” is not a ref that Git allows"
    }

    /// Why this cannot be the name of a branch, such as `main`, or `nil` if it can.
    public static func branchProblem(_ name: String) -> String? {
        guard name.utf8.count <= 1013, isWellFormed(name, parts: 1) else {
            return "“\(name.prefix(200))” is not a branch name that Git allows"
        }
        return nil
    }

    /// Whether this is a whole commit id: 40 or 64 lower-case hexadecimal digits.
    public static func isCommit(_ text: String) -> Bool {
        isObjectName(text) { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
        }
    }

    /// Whether this is the id that stands for no commit: 40 or 64 zeros.
    public static func isZero(_ text: String) -> Bool {
        isObjectName(text) { $0 == UInt8(ascii: "0") }
    }

    private static func isObjectName(_ text: String, _ condition: (UInt8) -> Bool) -> Bool {
        let bytes = text.utf8Span.span
        return (bytes.count == 40 || bytes.count == 64) && bytes.indices.allSatisfy { condition(bytes[$0]) }
    }

    /// One pass over the bytes, without a copy: the gateway does it before it answers a hook.
    /// - Parameter parts: how many it has at least, with a slash between two.
    private static func isWellFormed(_ ref: String, parts least: Int) -> Bool {
        let bytes = ref.utf8Span.span
        var start = 0
        var parts = 1
        var previous = UInt8(ascii: "/")
        for index in bytes.indices {
            let byte = bytes[index]
            switch byte {
            case 0...32, 127, UInt8(ascii: "~"), UInt8(ascii: "^"), UInt8(ascii: ":"), UInt8(ascii: "?"),
                UInt8(ascii: "*"), UInt8(ascii: "["), UInt8(ascii: "\\"):
                return false
            case UInt8(ascii: "."):
                // Neither at the beginning of a part nor twice.
                if previous == UInt8(ascii: "/") || previous == UInt8(ascii: ".") { return false }
            case UInt8(ascii: "{"):
                if previous == UInt8(ascii: "@") { return false }
            case UInt8(ascii: "/"):
                if index == start || isLock(bytes, start..<index) { return false }
                start = index + 1
                parts += 1
            default: break
            }
            previous = byte
        }
        return parts >= least && start < bytes.count && previous != UInt8(ascii: ".")
            && !isLock(bytes, start..<bytes.count)
    }

    /// Git's own lock files have the name of the ref and this behind it.
    private static func isLock(_ bytes: Span<UInt8>, _ part: Range<Int>) -> Bool {
        let suffix: InlineArray<5, UInt8> = [
            UInt8(ascii: "."), UInt8(ascii: "l"), UInt8(ascii: "o"), UInt8(ascii: "c"), UInt8(ascii: "k"),
        ]
        guard part.count >= suffix.count else { return false }
        return suffix.indices.allSatisfy { bytes[part.upperBound - suffix.count + $0] == suffix[$0] }
    }
}
