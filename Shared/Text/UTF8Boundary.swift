/// Where UTF-8 may be cut: never within a character's encoding.
public enum UTF8Boundary {
    /// How many bytes at the end begin the encoding of a character that is longer than what is there, three at most.
    public static func incompleteSuffix(of bytes: some BidirectionalCollection<UInt8>) -> Int {
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

    /// The beginning of a text that has `limit` bytes at most.
    public static func prefix(_ text: String, bytes limit: Int) -> String {
        text.utf8.count <= limit ? text : prefix(Array(text.utf8.prefix(limit + 1)), bytes: limit)
    }

    /// The beginning of bytes that should be a text; what is none becomes U+FFFD.
    public static func prefix(_ bytes: some BidirectionalCollection<UInt8>, bytes limit: Int) -> String {
        let front = bytes.prefix(limit)
        let cut = front.endIndex == bytes.endIndex ? 0 : incompleteSuffix(of: front)
        return String(decoding: front.dropLast(cut), as: UTF8.self)
    }

    /// The end of bytes that should be a text, without the rest of a character that begins before it.
    public static func suffix(_ bytes: some BidirectionalCollection<UInt8>, bytes limit: Int) -> String {
        let end = bytes.suffix(limit)
        let isCut = end.startIndex != bytes.startIndex
        let rest = isCut ? end.prefix(3).prefix { (0x80...0xBF).contains($0) }.count : 0
        return String(decoding: end.dropFirst(rest), as: UTF8.self)
    }
}
