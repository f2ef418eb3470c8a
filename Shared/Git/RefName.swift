import Contracts

/// What names a commit: checked before it becomes an argument, so that none is taken for an option.
enum RefName {
    /// Whether this may be how a commit's id begins: as Git has it, 4 digits at least.
    static func isCommitPrefix(_ text: String) -> Bool {
        (4..<64).contains(text.utf8.count)
            && GitRef.isCommit(text + String(repeating: "0", count: 64 - text.utf8.count))
    }

    /// Whether a name is so long that it is taken for the beginning of a commit's id even where something is called so:
    /// as long as Git makes them where it shortens them.
    static func isShortCommit(_ text: String) -> Bool { isCommitPrefix(text) && text.utf8.count >= 7 }

    /// The refs a person may mean: `main` is a branch or a tag, `tags/v1` also the tag `v1`.
    static func candidates(_ text: String) -> [String] {
        var names = text.hasPrefix("refs/") ? [text] : ["refs/heads/\(text)", "refs/tags/\(text)"]
        if text.hasPrefix("heads/") || text.hasPrefix("tags/") { names.append("refs/\(text)") }
        return names.filter { GitRef.problem($0) == nil }
    }

    static func check(commit: String) throws(GitError) {
        guard GitRef.isCommit(commit) else {
            throw GitError(.invalid, "“\(commit)” is not a commit id of 40 or 64 hexadecimal digits")
        }
    }

    static func check(ref: String) throws(GitError) {
        if let problem = GitRef.problem(ref) { throw GitError(.invalid, problem) }
    }
}
