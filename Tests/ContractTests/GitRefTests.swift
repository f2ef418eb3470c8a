import Contracts
import Testing

@Suite("Names that Git can have")
struct GitRefTests {
    /// The verdicts are those of `git check-ref-format`.
    @Test(
        "refs Git allows",
        arguments: [
            "main", "feature/ü-1", "-x", "HEAD", "@", "a./b", "a.b.c", "{x}", "a{", "@a", "a@", "lock", "a.lockb", "a]",
            "a'b", "$(id)", "a;b", "a|b", "\"a\"", "é", "a\u{A0}b", "a\u{2028}b", "🚢",
        ])
    func allowed(_ name: String) {
        #expect(GitRef.problem("refs/heads/\(name)") == nil)
        #expect(GitRef.problem("refs/tags/\(name)") == nil)
        #expect(GitRef.branchProblem(name) == nil)
    }

    @Test(
        "refs Git cannot have",
        arguments: [
            "", ".lock", "a.lock", "a.lock/b", "a..b", "a.", ".a", "a/.b", "a b", "a\tb", "a\u{7F}", "a\u{0}", "a~1",
            "a^",
            "a:b", "a?", "*", "[a]", "a@{1}", "a@{", "/a", "a//b", "a/", "a\\b", "a\n", "\r\n",
        ])
    func forbidden(_ name: String) {
        #expect(GitRef.problem("refs/heads/\(name)") != nil)
        #expect(GitRef.problem("refs/tags/\(name)") != nil)
        #expect(GitRef.branchProblem(name) != nil)
    }

    @Test("what is no full ref", arguments: ["", "main", "refs/heads", "heads/main", "/refs/heads/main", "HEAD"])
    func notFull(_ ref: String) { #expect(GitRef.problem(ref) != nil) }

    @Test("a name is no longer than an argument may be")
    func length() {
        #expect(GitRef.problem("refs/heads/" + String(repeating: "a", count: 1013)) == nil)
        #expect(GitRef.problem("refs/heads/" + String(repeating: "a", count: 1014)) != nil)
        #expect(GitRef.branchProblem(String(repeating: "a", count: 1014)) != nil)
    }

    @Test("ids of commits, and the one that stands for none")
    func commits() {
        #expect(GitRef.isCommit(String(repeating: "a", count: 40)))
        #expect(GitRef.isCommit(String(repeating: "0", count: 64)))
        for text in ["", "abc", String(repeating: "A", count: 40), String(repeating: "g", count: 40)] {
            #expect(!GitRef.isCommit(text))
        }
        #expect(GitRef.isZero(String(repeating: "0", count: 40)))
        #expect(GitRef.isZero(String(repeating: "0", count: 64)))
        #expect(!GitRef.isZero(String(repeating: "0", count: 41)))
        #expect(!GitRef.isZero(String(repeating: "0", count: 39) + "1"))
    }
}
