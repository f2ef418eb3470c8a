/// How JSON writes what cannot stand for itself within a text (RFC 8259, section 7).
public enum JSONEscape {
    /// What is written for a byte of UTF-8; `nil` where it stands for itself.
    public static func sequence(for byte: UInt8) -> [UInt8]? {
        switch byte {
        case UInt8(ascii: "\""): Array(#"\""#.utf8)
        case UInt8(ascii: "\\"): Array(#"\\"#.utf8)
        case 0x08: Array(#"\b"#.utf8)
        case 0x09: Array(#"\t"#.utf8)
        case 0x0A: Array(#"\n"#.utf8)
        case 0x0C: Array(#"\f"#.utf8)
        case 0x0D: Array(#"\r"#.utf8)
        case 0..<0x20: unit(UInt16(byte))
        default: nil
        }
    }

    /// A unit of UTF-16 by its number, which may stand for anything: `\u00e9`.
    public static func unit(_ unit: UInt16) -> [UInt8] {
        Array(#"\u"#.utf8) + Array(Hex.encode([UInt8(unit >> 8), UInt8(unit & 255)]).utf8)
    }

    /// The text without its quotes.
    /// - Parameter others: what is written by its number though JSON does not ask for it.
    public static func escape(_ text: String, others: (Unicode.Scalar) -> Bool = { _ in false }) -> String {
        var escaped: [UInt8] = []
        escaped.reserveCapacity(text.utf8.count + 16)
        for scalar in text.unicodeScalars {
            if scalar.isASCII, let sequence = sequence(for: UInt8(scalar.value)) {
                escaped += sequence
            } else if others(scalar) {
                for unit in scalar.utf16 { escaped += self.unit(unit) }
            } else {
                escaped += Array(scalar.utf8)
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }
}
