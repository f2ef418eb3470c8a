/// What an unquoted scalar of YAML is: null, a truth value, a number, or text.
enum PlainScalar {
    static func content(_ text: String) -> SourceNode.Content {
        switch text {
        case "", "~", "null", "Null", "NULL": .null
        case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON":
            .scalar(SourceScalar(text: text, kind: .bool(true)))
        case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF":
            .scalar(SourceScalar(text: text, kind: .bool(false)))
        default: .scalar(SourceScalar(text: text, kind: isPlainNumber(text) ? .number : .text))
        }
    }

    /// A number that is written as it is shown. One with an exponent may as well be part of a commit's hash, and a whole
    /// one with more digits than an integer holds may be an account: both stay text.
    private static func isPlainNumber(_ text: String) -> Bool {
        guard isNumber(text), !text.utf8.contains(where: { $0 | 0x20 == UInt8(ascii: "e") }) else { return false }
        return text.utf8.contains(UInt8(ascii: ".")) || Int64(text) != nil
    }

    /// A number as JSON writes it. Others that YAML knows (octal, sexagesimal, with underscores) stay text: `0755`,
    /// `12:30` and `8080:80` mean what they say.
    static func isNumber(_ text: String) -> Bool {
        var bytes = Substring(text).utf8
        if bytes.first == UInt8(ascii: "-") { bytes.removeFirst() }
        let digits = take(&bytes)
        guard digits.count > 0, digits.count == 1 || digits.first != UInt8(ascii: "0") else { return false }
        if bytes.first == UInt8(ascii: ".") {
            bytes.removeFirst()
            guard !take(&bytes).isEmpty else { return false }
        }
        if bytes.first == UInt8(ascii: "e") || bytes.first == UInt8(ascii: "E") {
            bytes.removeFirst()
            if bytes.first == UInt8(ascii: "+") || bytes.first == UInt8(ascii: "-") { bytes.removeFirst() }
            guard !take(&bytes).isEmpty else { return false }
        }
        return bytes.isEmpty
    }

    private static func take(_ bytes: inout Substring.UTF8View) -> Substring.UTF8View {
        let digits = bytes.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        bytes = bytes[digits.endIndex...]
        return digits
    }
}
