public import FoundationEssentials

/// Lower-case hexadecimal digits.
public enum Hex {
    /// - Parameter count: how many of the bytes, at most.
    public static func encode(_ bytes: some ContiguousBytes, first count: Int = .max) -> String {
        bytes.withUnsafeBytes { bytes in
            let bytes = bytes.prefix(count)
            return String(unsafeUninitializedCapacity: 2 * bytes.count) { text in
                var position = 0
                for byte in bytes {
                    text[position] = digit(byte >> 4)
                    text[position + 1] = digit(byte & 15)
                    position += 2
                }
                return position
            }
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
