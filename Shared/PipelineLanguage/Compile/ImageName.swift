/// Whether a text can be the name of an image, so that a slip is told when it is written and not when a job pulls it.
enum ImageName {
    private static let quotes: Set<Character> = ["“", "”", "„", "‟", "‘", "’", "‚", "«", "»"]

    /// What is wrong with an image's name, or `nil`. One with an expression is known only in a run.
    static func problem(_ text: String) -> String? {
        if let first = text.first, quotes.contains(first) {
            let bare = text.filter { !quotes.contains($0) }
            return "typographic quotes are part of a text to YAML; write \(bare), or \"\(bare)\""
        }
        guard !text.contains("$") else { return nil }
        if let blank = text.firstIndex(where: \.isWhitespace) {
            return "an image has no blank in its name; did you mean “\(joined(text, at: blank))”?"
        }
        if let scheme = text.firstRange(of: "://") {
            return "an image has no “\(text[..<scheme.upperBound])” in its name; write “\(text[scheme.upperBound...])”"
        }
        if text.hasSuffix(":") || text.hasSuffix("/") || text.hasPrefix("/") || text.hasPrefix(":")
            || text.contains("//")
        {
            return "“\(text)” is no image such as golang:1.22 or registry.example/team/image:tag"
        }
        let path = repository(text)
        guard path.contains(where: \.isUppercase) else { return nil }
        return "the name of an image is in lower case; did you mean “\(text.replacing(path, with: path.lowercased()))”?"
    }

    /// `golang: 1.22` and `golang 1.22` for `golang:1.22`.
    private static func joined(_ text: String, at blank: String.Index) -> String {
        let name = text[..<blank]
        let rest = text[blank...].drop(while: \.isWhitespace)
        let isWhole = rest.contains(where: \.isWhitespace)
        if isWhole { return String(name) }
        return name.hasSuffix(":") || rest.hasPrefix(":") ? "\(name)\(rest)" : "\(name):\(rest)"
    }

    /// What comes after the registry and before the tag.
    private static func repository(_ text: String) -> Substring {
        var path = text.prefix { $0 != "@" }
        if let colon = path.lastIndex(of: ":"), !path[colon...].contains("/") { path = path[..<colon] }
        guard let slash = path.firstIndex(of: "/") else { return path }
        let registry = path[..<slash]
        let isHost = registry.contains(".") || registry.contains(":") || registry == "localhost"
        return isHost ? path[path.index(after: slash)...] : path
    }
}
