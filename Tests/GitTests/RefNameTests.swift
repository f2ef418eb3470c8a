import Contracts
import Subprocess
import SystemPackage
import Testing

@testable import Git

@Suite("Refs as Git has them")
struct RefNameTests {
    /// The pieces that Git's rules are about, put together anew at every run.
    private static let pieces = [
        "a", "b", ".", "..", "/", "//", "@", "{", "@{", ".lock", "lock", "-", "~", "^", ":", "?", "*", "[", "]", "\\",
        " ",
        "\u{7F}", "é", "$", "'", "\t",
    ]

    @Test("how a commit's id may begin", arguments: [("abcd", true), ("abc", false), ("ABCD", false), ("abcg", false)])
    func prefixes(_ text: String, _ isOne: Bool) {
        #expect(RefName.isCommitPrefix(text) == isOne)
        #expect(!RefName.isCommitPrefix(String(repeating: "a", count: 64)))
    }

    @Test("what is a ref is what git check-ref-format says")
    func verdicts() async throws {
        let refs = (0..<400).map { _ in
            "refs/heads/"
                + (0..<Int.random(in: 1...6)).map { _ in
                    Bool.random() ? ["a", "b", "/", "."].randomElement() ?? "" : Self.pieces.randomElement() ?? ""
                }.joined()
        }
        let script = #"for ref; do git check-ref-format "$ref" && echo yes || echo no; done"#
        let result = try await run(
            .name("sh"), arguments: Arguments(["-c", script, "sh"] + refs), output: .string(limit: 1 << 20),
            error: .discarded)
        let verdicts = result.standardOutput.split(separator: "\n")
        try #require(verdicts.count == refs.count)
        for (ref, verdict) in zip(refs, verdicts) {
            #expect((GitRef.problem(ref) == nil) == (verdict == "yes"), "\(ref)")
        }
    }
}
