/// What hooks say for people to read. It is kept with every run, shown, and handed to steps: a sender with a valid token is
/// still a stranger to those who see it.
enum HookText {
    /// A name: without what is not seen or turns the rest around, and with at most 255 characters.
    static func name(_ text: String?) -> String? {
        guard let text else { return nil }
        if text.utf8.count <= 255, text.utf8.allSatisfy({ (32...126).contains($0) }) { return text }
        var name = String.UnicodeScalarView()
        name.append(contentsOf: text.unicodeScalars.lazy.filter { !isUnseen($0) }.prefix(255))
        return String(name)
    }

    /// An address; `nil` where it is none that could be followed.
    static func link(_ text: String?) -> String? {
        guard let text, !text.isEmpty, text.utf8.count <= 2048, text.utf8.allSatisfy({ $0 > 32 && $0 != 127 }) else {
            return nil
        }
        return text
    }

    private static func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isBidiControl
            || [.control, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
    }
}
