public import FoundationEssentials

/// Base 64 with `-` and `_` (RFC 4648, section 5).
public enum Base64URL {
    /// - Parameter padded: whether `=` fills up the end, as Docker Engine asks for.
    public static func encode(_ data: Data, padded: Bool = false) -> String {
        String(
            data.base64EncodedString().compactMap { character -> Character? in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": padded ? character : nil
                default: character
                }
            })
    }

    /// With or without padding.
    public static func decode(_ text: some StringProtocol) -> Data? {
        var standard = String(
            text.map { character -> Character in
                switch character {
                case "-": "+"
                case "_": "/"
                default: character
                }
            })
        standard += String(repeating: "=", count: (4 - standard.count % 4) % 4)
        return Data(base64Encoded: standard)
    }
}
