import Contracts

/// What names a commit: checked before it becomes an argument, so that none is taken for an option.
public enum RefName {
    /// Why this is no full ref such as `refs/heads/main`, or `nil` if it is one (git-check-ref-format(1)).
    public static func problem(_ ref: String) -> String? { GitRef.problem(ref) }

    /// Whether this is a whole commit id: 40 or 64 lower-case hexadecimal digits.
    public static func isCommit(_ text: String) -> Bool {
        (text.utf8.count == 40 || text.utf8.count == 64) && isHexadecimal(text)
    }

    /// Whether this may be how a commit's id begins: as Git has it, 4 digits at least.
    static func isCommitPrefix(_ text: String) -> Bool { (4..<64).contains(text.utf8.count) && isHexadecimal(text) }

    private static func isHexadecimal(_ text: String) -> Bool {
        text.utf8.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
        }
    }

    /// The refs a person may mean: `main` is a branch or a tag, `tags/v1` also the tag `v1`.
    static func candidates(_ text: String) -> [String] {
        if text == "HEAD" { return [] }
        var names = text.hasPrefix("refs/") ? [text] : ["refs/heads/\(text)", "refs/tags/\(text)"]
        if text.hasPrefix("heads/") || text.hasPrefix("tags/") { names.append("refs/\(text)") }
        return names.filter { problem($0) == nil }
    }

    static func check(commit: String) throws(GitError) {
        guard isCommit(commit) else {
            throw GitError(.invalid, "“\(commit)” is no commit id of 40 or 64 hexadecimal digits")
        }
    }

    static func check(ref: String) throws(GitError) {
        if let problem = problem(ref) { throw GitError(.invalid, problem) }
    }
}
