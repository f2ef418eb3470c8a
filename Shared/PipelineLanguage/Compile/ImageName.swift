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
        if text.contains(where: \.isWhitespace) {
            return "an image has no blank in its name; did you mean “\(joined(text))”?"
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

    /// What is wrong with a tag, or `nil`.
    static func problem(ofTag tag: String) -> String? {
        guard !tag.contains("$") else { return nil }
        if tag.isEmpty { return "a tag is not empty" }
        if tag.contains("/") || tag.contains(":") { return "“\(tag)” is no tag: a tag has no “/” and no “:”" }
        let isWord = { (byte: UInt8) in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        let isTag = tag.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
        guard isTag, tag.utf8.first.map(isWord) == true, tag.utf8.count <= 128 else {
            return "“\(tag)” is no tag: 1 to 128 letters, digits, “_”, “.” and “-”, not beginning with “.” or “-”"
        }
        return nil
    }

    /// `golang: 1.22` and `golang 1.22` for `golang:1.22`, `post gres:16` for `postgres:16`.
    private static func joined(_ text: String) -> String {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 2 else { return words.first.map(String.init) ?? "" }
        let isTagged = words.contains { $0.contains(":") }
        return words.joined(separator: isTagged ? "" : ":")
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
