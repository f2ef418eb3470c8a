/// Makes valid UTF-8 of a stream of bytes that is cut anywhere: what is no text becomes U+FFFD, and a character
/// that is cut in two waits for its other half.
struct TextRepair {
    /// The first bytes of a character whose others have not come, three at most.
    private var rest: [UInt8] = []

    /// The text of what came so far.
    mutating func feed(_ bytes: [UInt8]) -> String {
        var all = rest.isEmpty ? bytes : rest + bytes
        rest = []
        let cut = Self.incompleteSuffix(of: all)
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

    /// How many bytes at the end begin a character that is longer than what is there.
    static func incompleteSuffix(of bytes: some BidirectionalCollection<UInt8>) -> Int {
        var length = 0
        for byte in bytes.reversed().prefix(3) {
            length += 1
            switch byte {
            case 0x80...0xBF: continue
            case 0xC2...0xDF: return length < 2 ? length : 0
            case 0xE0...0xEF: return length < 3 ? length : 0
            case 0xF0...0xF4: return length < 4 ? length : 0
            default: return 0
            }
        }
        return 0
    }
}
