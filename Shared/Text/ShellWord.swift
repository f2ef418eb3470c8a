/// Words of a POSIX shell (XCU 2.2).
public enum ShellWord {
    /// A text as one word that a shell reads back as it is: in single quotes, unless there is nothing to quote.
    public static func quote(_ text: some StringProtocol) -> String {
        String(decoding: quote(Array(text.utf8)), as: UTF8.self)
    }

    /// The same of bytes that may be no text, such as the name of a file. A quote is a byte here, whatever comes after it:
    /// to a shell `'` and an accent that joins it are two.
    public static func quote(_ bytes: [UInt8]) -> [UInt8] {
        // Some shells read a program's name after a “=”.
        if let first = bytes.first, first != UInt8(ascii: "="), bytes.allSatisfy(isPlain) { return bytes }
        let quote = UInt8(ascii: "'")
        let parts = bytes.split(separator: quote, omittingEmptySubsequences: false)
        return [quote] + parts.joined(separator: #"'\''"#.utf8) + [quote]
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "/:@%+=,._-".utf8.contains(byte)
        }
    }
}
