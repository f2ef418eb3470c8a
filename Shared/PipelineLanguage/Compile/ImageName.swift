import Text

/// Whether a text can be the name of an image, so that a slip is told when it is written and not when a job pulls it.
enum ImageName {
    private static let quotes: Set<Character> = ["“", "”", "„", "‟", "‘", "’", "‚", "«", "»"]

    /// What is wrong with an image's name, or `nil`. One with an expression is known only in a run, and that an empty one is none need not be said here.
    static func problem(_ text: String) -> String? {
        if let first = text.first, quotes.contains(first) {
            let bare = text.filter { !quotes.contains($0) }
            return "typographic quotes are part of a text to YAML; write \(bare), or \"\(bare)\""
        }
        guard !text.contains("$"), !text.isEmpty else { return nil }
        if text.contains("{{") { return "nothing is put in the place of “{{ … }}” here; an expression is ${NAME}" }
        if text.contains(where: \.isWhitespace) {
            return "an image has no blank in its name; did you mean “\(joined(text))”?"
        }
        if let scheme = text.firstRange(of: "://") {
            return "an image has no “\(text[..<scheme.upperBound])” in its name; write “\(text[scheme.upperBound...])”"
        }
        if text.hasSuffix(":") || text.hasSuffix("/") || text.hasPrefix("/") || text.hasPrefix(":")
            || text.contains("//")
        {
            return "“\(text)” is not an image such as golang:1.22 or registry.example/team/image:tag"
        }
        let path = repository(text)
        if path.contains(where: \.isUppercase) {
            return
                "the name of an image is in lower case; did you mean “\(text.replacing(path, with: path.lowercased()))”?"
        }
        return problem(ofParts: text, path: path)
    }

    private static func problem(ofParts text: String, path: Substring) -> String? {
        let name = text.prefix { $0 != "@" }
        if name.endIndex < text.endIndex {
            let digest = text[name.endIndex...].dropFirst()
            guard isDigest(digest) else {
                return "“\(digest)” is not a digest such as sha256:4f53…; a tag is written “\(name):\(digest)”"
            }
        }
        if let colon = name.lastIndex(of: ":"), !name[colon...].contains("/"),
            let problem = problem(ofTag: String(name[colon...].dropFirst()))
        {
            return problem
        }
        let isPath = path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            guard let first = part.utf8.first, let last = part.utf8.last else { return false }
            return isAlphanumeric(first) && isAlphanumeric(last)
                && part.utf8.allSatisfy { isAlphanumeric($0) || "._-".utf8.contains($0) }
        }
        return isPath ? nil : "“\(text)” is not an image such as golang:1.22 or registry.example/team/image:tag"
    }

    private static func isDigest(_ text: Substring) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 2 && parts[0].utf8.allSatisfy(isAlphanumeric) && !parts[1].isEmpty
            && parts[1].utf8.allSatisfy(Hex.isDigit)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// Whether a name has a tag or a digest.
    static func isTagged(_ text: String) -> Bool {
        let last = text.split(separator: "/").last ?? ""
        return last.contains(":") || last.contains("@")
    }

    /// What is wrong with a tag, or `nil`.
    static func problem(ofTag tag: String) -> String? {
        guard !tag.contains("$") else { return nil }
        if tag.isEmpty { return "a tag is not empty" }
        if tag.contains("/") || tag.contains(":") { return "“\(tag)” is not a valid tag: a tag has no “/” and no “:”" }
        let isWord = { (byte: UInt8) in
            isAlphanumeric(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || byte == UInt8(ascii: "_")
        }
        let isTag = tag.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
        guard isTag, tag.utf8.first.map(isWord) == true, tag.utf8.count <= 128 else {
            return
                "“\(tag)” is not a valid tag: 1 to 128 letters, digits, “_”, “.” and “-”, not beginning with “.” or “-”"
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
        let port = registry.firstIndex(of: ":").map { registry[$0...].dropFirst() }
        let isHost =
            registry.hasPrefix("[")
            || port.map { !$0.isEmpty && $0.allSatisfy(\.isWholeNumber) }
                ?? (registry.contains(".") || registry == "localhost")
        return isHost ? path[path.index(after: slash)...] : path
    }
}
