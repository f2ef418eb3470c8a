/// Hexadecimal digits, lower-case where they are written.
public enum Hex {
    /// - Parameter count: how many of the bytes, at most.
    public static func encode(_ bytes: some Sequence<UInt8>, first count: Int = .max) -> String {
        var text: [UInt8] = []
        for byte in bytes.prefix(count) {
            text.append(digit(byte >> 4))
            text.append(digit(byte & 15))
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Whether a byte is a digit as this writes them: 0 to 9, a to f.
    public static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
    }

    /// Whether a text is so many digits as this writes them.
    public static func isDigits(_ text: some StringProtocol, count: Int) -> Bool {
        text.utf8.count == count && text.utf8.allSatisfy(isDigit)
    }

    /// The digits of a number, with zeros before it.
    /// - Parameter count: how many digits, the lowest where it has more.
    public static func encode(_ number: some FixedWidthInteger & UnsignedInteger, digits count: Int) -> String {
        let digits = (0..<count).reversed().map { digit(UInt8(truncatingIfNeeded: number >> (4 * $0)) & 15) }
        return String(decoding: digits, as: UTF8.self)
    }

    /// The number that digits stand for, in upper case too; `nil` for other bytes, for none, and for more than eight.
    public static func number(_ digits: some Collection<UInt8>) -> UInt32? {
        guard (1...8).contains(digits.count) else { return nil }
        var number: UInt32 = 0
        for digit in digits {
            guard let value = value(of: digit) else { return nil }
            number = number << 4 | UInt32(value)
        }
        return number
    }

    /// What a digit stands for, in upper case too; `nil` for any other byte.
    static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// The digit of a value below 16.
    public static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
