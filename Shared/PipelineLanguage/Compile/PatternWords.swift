/// Patterns of a condition that can never match what their author has in mind.
enum PatternWords {
    /// What is wrong with a pattern of a clause, and what to write; `nil` for one that may be meant.
    static func misread(_ pattern: String, of clause: String) -> (problem: String, remedy: String)? {
        if pattern.hasPrefix("!"), pattern.count > 1 {
            return ("matches what begins with “!”", "write {exclude: [\(entry(pattern.dropFirst()))]}")
        }
        if let words = alternatives(ofExpression: pattern) {
            let remedy = words.count == 1 ? words[0] : "[\(words.joined(separator: ", "))]"
            return ("is no regular expression here but a glob, with “*”, “?” and “{a,b}”", "write \(remedy)")
        }
        switch clause {
        case "branch": return branch(pattern)
        case "paths": return path(pattern)
        case "repo":
            guard pattern.contains("://") || pattern.contains("@") || pattern.hasSuffix(".git") else { return nil }
            var path = pattern[...]
            if let scheme = path.firstRange(of: "://") { path = path[scheme.upperBound...].drop { $0 != "/" } }
            if let colon = path.firstIndex(of: ":") { path = path[colon...].dropFirst() }
            path = path.drop { $0 == "/" }
            if path.hasSuffix(".git") { path = path.dropLast(4) }
            return ("is the address of a repository", "write its path: \(entry(path))")
        case "instance":
            guard let scheme = pattern.firstRange(of: "://") else { return nil }
            let host = pattern[scheme.upperBound...].prefix { $0 != "/" }
            return ("is the platform's address", "write its host name: \(entry(host))")
        default: return nil
        }
    }

    private static func branch(_ pattern: String) -> (problem: String, remedy: String)? {
        if pattern.hasPrefix("refs/heads/") {
            let name = pattern.dropFirst("refs/heads/".count)
            return ("is a whole ref, and a branch is its name", "write \(entry(name)), or “ref” for “branch”")
        }
        guard pattern.hasPrefix("refs/") else { return nil }
        return ("is no branch", "write “ref” for “branch”")
    }

    /// Changed paths begin at the top of the repository, and are files.
    private static func path(_ pattern: String) -> (problem: String, remedy: String)? {
        var path = pattern[...]
        if path.hasPrefix("./") { path = path.dropFirst(2) }
        path = path.drop { $0 == "/" }
        let isFolder = path.hasSuffix("/")
        guard path.count < pattern.count || isFolder else { return nil }
        let glob = isFolder ? path + "**" : path
        return (
            isFolder ? "matches no file" : "matches nothing: paths begin at the top of the repository, without “/”",
            "write \(entry(glob))"
        )
    }

    /// What `/^main|dev$/`, `^main$` or `main|dev` asks for, each as a glob.
    private static func alternatives(ofExpression pattern: String) -> [String]? {
        var text = pattern[...]
        let isSlashed = text.count > 2 && text.hasPrefix("/") && text.hasSuffix("/")
        if isSlashed { text = text.dropFirst().dropLast() }
        let isAnchored = text.hasPrefix("^") || text.hasSuffix("$")
        guard isAnchored || text.contains("|") || text.contains(".*") && isSlashed else { return nil }
        var words = text.split(separator: "|").map { word -> String in
            var word = word[...]
            if word.hasPrefix("^") { word = word.dropFirst() }
            if word.hasSuffix("$") { word = word.dropLast() }
            return String(word.filter { !"()".contains($0) }).replacing(".*", with: "*").replacing("\\", with: "")
        }
        words.removeAll(where: \.isEmpty)
        return words.isEmpty ? nil : words.map { entry($0) }
    }

    /// As it is written in YAML's brackets.
    private static func entry(_ text: some StringProtocol) -> String {
        let isPlain =
            text.first.map { !"*!&%@`\"'#".contains($0) } ?? false && !text.contains { ",[]{} :".contains($0) }
        return isPlain ? String(text) : "\"\(text)\""
    }
}
