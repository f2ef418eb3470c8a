import Text

/// Makes valid UTF-8 of a stream of bytes that is cut anywhere: what is no text becomes U+FFFD, and a character
/// that is cut in two waits for its other half.
struct TextRepair {
    /// The first bytes of a character whose others have not come, three at most.
    private var rest: [UInt8] = []

    /// The text of what came so far.
    mutating func feed(_ bytes: [UInt8]) -> String {
        var all = rest.isEmpty ? bytes : rest + bytes
        rest = []
        let cut = UTF8Boundary.incompleteSuffix(of: all)
        if cut > 0 {
            rest = Array(all.suffix(cut))
            all.removeLast(cut)
        }
        return String(decoding: all, as: UTF8.self)
    }

    /// The text of what was held back; the stream has ended.
    mutating func finish() -> String {
        defer { rest = [] }
        return String(decoding: rest, as: UTF8.self)
    }
}
