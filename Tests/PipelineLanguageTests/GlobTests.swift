import Testing

@testable import PipelineLanguage

@Suite("Globs")
struct GlobTests {
    @Test(
        "match",
        arguments: [
            ("main", "main"), ("", ""), ("feature/*", "feature/x"), ("*", "main"), ("**", "a/b/c"), ("**", ""),
            ("release/**", "release/1/2"), ("src/**/*.go", "src/a/b/c.go"), ("src/**/*.go", "src/c.go"),
            ("**/*.md", "README.md"), ("**/*.md", "docs/a/b.md"), ("**/node_modules/**", "a/node_modules/b/c"),
            ("v?.?", "v1.2"), ("[abc]x", "bx"), ("[!abc]x", "dx"), ("[^a-c]x", "dx"), ("[a-cx-z]", "y"), ("[]]", "]"),
            ("[a-]", "-"), ("{main,develop}", "develop"), ("{a,b{c,d}}e", "bde"), ("{,x}y", "y"), ("{,x}y", "xy"),
            ("a,b", "a,b"), ("\\*", "*"), ("\\{a\\}", "{a}"), ("refs/tags/v*", "refs/tags/v1.0"),
            ("*.y{a,}ml", "a.yml"),
            ("größe*", "größen"), ("a**b", "a/x/b"), ("*a*b*c*", "xaxbxcx"), ("***", "a/b"), ("*,b", "a,b"),
            ("**/b", "b"), ("a/**/b", "a/b"), ("a]b", "a]b"), ("x[a-b]y.md", "xay.md"), ("{a,b}.md", "b.md"),
            ("aa*aa", "aaaa"),
            ("é", "é"), ("v[[:digit:]]", "v1"), ("[![:alpha:]_]x", "1x"), ("[a[:digit:]]", "a"), ("[\\]]", "]"),
        ])
    func matches(pattern: String, text: String) throws {
        #expect(try Glob(pattern).matches(text))
    }

    @Test(
        "do not match",
        arguments: [
            ("main", "Main"), ("main", "main2"), ("feature/*", "feature/a/b"), ("*", "a/b"), ("?", "/"), ("?", ""),
            ("[!a]", "/"), ("release/**", "release"), ("**/*.md", "docs/a.mdx"), ("src/**/*.go", "src/c.gone"),
            ("{a,b}", "c"), ("[a-c]", "d"), ("v?", "v10"), ("", "a"), ("a", ""), ("\\*", "x"), ("aa*aa", "aaa"),
            ("x[a-b]y.md", "xay.me"), ("{a,b}.md", "b.m"), ("é", "e\u{301}"),
            ("v[[:digit:]]", "vd"), ("a[[:punct:]]b", "a/b"), ("a[.-0]b", "a/b"),
        ])
    func doesNotMatch(pattern: String, text: String) throws {
        #expect(try !Glob(pattern).matches(text))
    }

    @Test(
        "say what is wrong with a pattern",
        arguments: [
            ("[a", "“[” is not closed"), ("[", "“[” is not closed"), ("[z-a]", "its first character comes after"),
            ("{a", "“{” is not closed"), ("a}", "“}” without “{”"), ("a\\", "at the end"),
            ("[a\\", "“[” is not closed"),
            (String(repeating: "{", count: 40), "nest 16 deep"), (String(repeating: "a", count: 2000), "1024 bytes"),
        ])
    func explains(pattern: String, problem: String) {
        #expect {
            _ = try Glob(pattern)
        } throws: { error in
            "\(error)".contains(problem)
        }
    }

    @Test("take time in proportion to pattern and text", .timeLimit(.minutes(1)))
    func isLinear() throws {
        let glob = try Glob(String(repeating: "*a", count: 40) + "b")
        let nested = try Glob(String(repeating: "{a,b}**/", count: 30))
        // With every choice tried these would outlast anyone.
        #expect(!glob.matches(String(repeating: "a", count: 200)))
        _ = nested.matches(String(repeating: "a/b", count: 100))
    }

    @Test("of a pipeline together do no more than they may", .timeLimit(.minutes(1)))
    func areBounded() {
        // Both the patterns and the paths come from whoever pushes.
        let pattern = "{" + Array(repeating: "*a*a*", count: 100).joined(separator: ",") + "}b"
        let paths = (0..<2_000).map { String(repeating: "a", count: 200) + "\($0)b" }
        let steps = (0..<200).map { number in
            Step(
                name: "\(number)", image: "x", commands: ["a"],
                when: Condition(paths: [pattern + "\(number)c", "b\(number)"]))
        }
        var facts = PlannerTests.push
        facts.changedPaths = paths
        let stage = Stage(name: "s", steps: steps + [Step(name: "fine", image: "x", commands: ["a"])])
        // Told apart by how they end, without a look at the rest.
        #expect(Plan(Process(name: "p", stages: [stage]), facts: facts).stages[0].steps[0].skipped?.code == .condition)
        var costly = stage
        for index in costly.steps.indices.dropLast() { costly.steps[index].when.paths = [pattern + "*?"] }
        facts.changedPaths = paths.map { $0 + "/c/" }
        let plan = Plan(Process(name: "p", stages: [costly]), facts: facts, work: 1_000_000)
        #expect(
            plan.stages[0].steps[199].skipped
                == SkipReason(.broken, "when: the patterns of this pipeline take more work than they may"))
        #expect(plan.stages[0].steps[200].skipped == nil)
    }

    @Test("agree with a plain recursive matcher on random patterns")
    func agreesWithReference() throws {
        var random = SplitMix(seed: 7)
        let pieces = ["a", "b", "/", "*", "?", "**", "[ab]", "[!a]", "{a,b/}"]
        for _ in 0..<3_000 {
            let pattern = (0..<random.below(6)).map { _ in pieces[random.below(pieces.count)] }.joined()
            let text = String((0..<random.below(6)).map { _ in ["a", "b", "/"][random.below(3)] as Character })
            let expected = reference(Array(pattern), Array(text), isFirst: true)
            #expect(try Glob(pattern).matches(text) == expected, "“\(pattern)” on “\(text)”")
        }
    }

    /// The definition, by trying everything.
    private func reference(_ pattern: [Character], _ text: [Character], isFirst: Bool = false) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        let rest = Array(pattern.dropFirst())
        switch first {
        case "*":
            let stars = pattern.prefix { $0 == "*" }.count
            let after = Array(pattern.dropFirst(stars))
            // `**/` where a segment begins also stands for nothing.
            if stars > 1, isFirst, after.first == "/" {
                if reference(Array(after.dropFirst()), text, isFirst: true) { return true }
            }
            return (0...text.count).contains { count in
                (stars > 1 || !text.prefix(count).contains("/")) && reference(after, Array(text.dropFirst(count)))
            }
        case "?": return text.first.map { $0 != "/" } == true && reference(rest, Array(text.dropFirst()))
        case "[":
            guard let character = text.first, character != "/" else { return false }
            let isNegated = rest.first == "!"
            let end = rest.firstIndex(of: "]") ?? rest.endIndex
            let members = rest[..<end].filter { $0 != "!" }
            return members.contains(character) != isNegated
                && reference(Array(rest[(end + 1)...]), Array(text.dropFirst()))
        case "{":
            let end = rest.firstIndex(of: "}") ?? rest.endIndex
            return rest[..<end].split(separator: ",").contains {
                reference(Array($0) + Array(rest[(end + 1)...]), text)
            }
        default: return text.first == first && reference(rest, Array(text.dropFirst()), isFirst: first == "/")
        }
    }
}

/// Random numbers that are the same in every run.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    mutating func below(_ count: Int) -> Int { Int(next() % UInt64(max(1, count))) }

    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
}
