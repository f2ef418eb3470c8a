import Text

/// How a program writes a text into another language, byte by byte of its UTF-8.
enum TextEscape {
    /// As one value of an address or of a form, with these bytes as they are.
    case percent(keeping: String, isPlusBlank: Bool, isUpperCase: Bool)
    /// As a text of JSON without its quotes.
    case json(JSON)
    /// Within single quotes of a shell, each of the text's own replaced.
    case quotes(String)
    /// With a backslash before each of these bytes.
    case backslashes(String)
    /// With a backslash before each byte but letters, digits and these.
    case backslashesExcept(String)

    /// What is escaped besides what has to be.
    struct JSON: OptionSet {
        let rawValue: Int
        /// `/` as `\/`, as PHP and some of Java do.
        static let slash = JSON(rawValue: 1)
        /// `<`, `>` and `&` as `\u003c`, as Go does.
        static let html = JSON(rawValue: 2)
        /// What is not ASCII as `\u00e9`, as Python does.
        static let ascii = JSON(rawValue: 4)
    }

    /// Those in use: `jq @uri` and curl, Python's `quote` and `quote_plus`, JavaScript's `encodeURIComponent`, forms of
    /// browsers; what a shell prints of its words after `set -x` or with `printf %q`, in double quotes or as `$'…'`; Ruby's
    /// `Shellwords`.
    static let all: [TextEscape] =
        [true, false].flatMap { isUpperCase in
            [("-_.~", false), ("-_.~", true), ("-_.~/", false), ("-_.~!*'()", false), ("-_.*", true)].map {
                TextEscape.percent(keeping: $0, isPlusBlank: $1, isUpperCase: isUpperCase)
            }
        }
        + [[], .slash, .html, .ascii, [.slash, .ascii]].map { TextEscape.json($0) }
        + [#"'\''"#, #"'"'"'"#].map { TextEscape.quotes($0) }
        + [#" !"$&'()*,;<>?[\]^`{|}"#, #""$`\"#, #"'\"#].map { TextEscape.backslashes($0) }
        + [.backslashesExcept("_-.,:+/@")]

    func escape(_ text: [UInt8]) -> [UInt8] {
        switch self {
        case .percent(let kept, let isPlusBlank, let isUpperCase):
            text.flatMap { byte -> [UInt8] in
                if byte == UInt8(ascii: " "), isPlusBlank { return [UInt8(ascii: "+")] }
                if Self.isAlphanumeric(byte) || kept.utf8.contains(byte) { return [byte] }
                let digits = Hex.encode([byte])
                return Array("%\(isUpperCase ? digits.uppercased() : digits)".utf8)
            }
        case .json(let options):
            JSONEscape.escape(String(decoding: text, as: UTF8.self)) {
                switch $0 {
                case "<", ">", "&": options.contains(.html)
                case "\u{80}"...: options.contains(.ascii)
                default: false
                }
            }.utf8.flatMap { byte -> [UInt8] in
                byte == UInt8(ascii: "/") && options.contains(.slash) ? Array(#"\/"#.utf8) : [byte]
            }
        case .backslashes(let special):
            text.flatMap { special.utf8.contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] }
        case .backslashesExcept(let plain):
            text.flatMap { byte in
                Self.isAlphanumeric(byte) || byte >= 0x80 || plain.utf8.contains(byte)
                    ? [byte] : [UInt8(ascii: "\\"), byte]
            }
        case .quotes(let quote): text.flatMap { $0 == UInt8(ascii: "'") ? Array(quote.utf8) : [$0] }
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
