import Contracts
import Testing

@testable import PipelineLanguage

@Suite("Conditions")
struct ConditionTests {
    static let push = Facts(
        event: .push, branch: "main", ref: "refs/heads/main", repository: "shop/web", instance: "slipway.example",
        changedPaths: ["src/a.swift", "docs/b.md"])

    @Test("hold or say which clause does not")
    func clauses() {
        let table: [(Condition, String?)] = [
            (.always, nil),
            (Condition(branch: ["main"]), nil),
            (Condition(branch: ["dev", "release/*"]), "when.branch: “main” is not dev, release/*"),
            (Condition(branch: Matcher(exclude: ["m*"])), "when.branch: “main” is excluded by m*"),
            (Condition(branch: Matcher(include: ["*"], exclude: ["main"])), "when.branch: “main” is excluded by main"),
            (Condition(event: ["push", "tag"]), nil),
            (Condition(event: ["tag"]), "when.event: “push” is not tag"),
            (Condition(ref: ["refs/heads/**"]), nil),
            (Condition(ref: ["refs/tags/*"]), "when.ref: “refs/heads/main” is not refs/tags/*"),
            (Condition(repo: ["shop/*"]), nil), (Condition(repo: ["*"]), "when.repo: “shop/web” is not *"),
            (Condition(instance: ["other"]), "when.instance: “slipway.example” is not other"),
            (Condition(target: ["production"]), "when.target: there is none, wanted production"),
            (Condition(target: Matcher(exclude: ["production"])), nil),
            (Condition(cron: ["nightly"]), "when.cron: there is none, wanted nightly"),
            (Condition(action: ["opened"]), "when.action: there is none, wanted opened"),
            (Condition(paths: ["src/**"]), nil),
            (Condition(paths: ["web/**"]), "when.paths: none of 2 changed paths, wanted web/**"),
            (
                Condition(paths: Matcher(include: ["src/**"], exclude: ["**/*.swift"])),
                "when.paths: none of 2 changed paths, wanted src/** without **/*.swift"
            ),
            (Condition(paths: Matcher(exclude: ["docs/**"])), nil),
            (
                Condition(paths: Matcher(exclude: ["**"])),
                "when.paths: none of 2 changed paths, wanted other than **"
            ),
            (Condition(branch: ["["]), "when.branch: “main” is not ["),
            (
                Condition(branch: ["a", "b", "c", "d", "e", "f"]),
                "when.branch: “main” is not a, b, c, d, e, …"
            ),
        ]
        for (condition, refusal) in table {
            #expect(condition.refusal(Self.push, word: "when")?.text == refusal)
        }
    }

    @Test("on paths hold where nobody knows what changed")
    func unknownPaths() {
        var facts = Self.push
        facts.changedPaths = nil
        #expect(Condition(paths: ["web/**"]).refusal(facts, word: "when") == nil)
        facts.changedPaths = []
        #expect(Condition(paths: ["web/**"]).refusal(facts, word: "when")?.text == "when.paths: nothing was changed")
        facts.changedPaths = ["a"]
        #expect(
            Condition(paths: ["b"]).refusal(facts, word: "when")?.text == "when.paths: only “a” was changed, wanted b")
    }

    @Test("on the state so far are the run policy")
    func policy() {
        let never: [Condition.Status] = []
        for (status, onSuccess, onFailure) in [
            (never, true, false), ([.success], true, false), ([.failure], false, true),
            ([.success, .failure], true, true),
        ] {
            let condition = Condition(status: status)
            #expect((condition.refusal(failing: nil, word: "when") == nil) == onSuccess)
            #expect((condition.refusal(failing: "step “a”", word: "when") == nil) == onFailure)
        }
        #expect(Condition.always.refusal(failing: "step “a”", word: "when")?.text == "step “a” failed")
    }

    @Test(
        "are asked only where the commit does not skip",
        arguments: [
            ("Fix it [ci skip]", true), ("[CI SKIP]", true), ("x [skip ci] y", true), ("[Skip-CI]", true),
            ("***NO_CI***", true), ("ci skip", false), ("[ci  skip]", false), ("", false), ("[ci_skip]", true),
            ("[", false),
        ])
    func skipTexts(message: String, skips: Bool) {
        for event in Event.allCases {
            let facts = Facts(event: event, branch: "main", message: message)
            let refuses = skips && (event == .push || event == .pullRequest)
            #expect((facts.refusal != nil) == refuses)
        }
        #expect(Facts(event: .push, skip: true).refusal?.code == .skipText)
    }

    @Test("take their facts from a trigger")
    func trigger() {
        let trigger = Trigger(
            id: MessageID(rawValue: "m"), event: .promote, action: "x",
            repository: RepositoryPath(rawValue: "shop/web"),
            ref: "refs/heads/main", branch: "main", target: "production", cron: "c")
        let complete = SourceSynced.ChangedPaths(paths: ["a"], complete: true)
        let facts = Facts(trigger, changes: complete, message: "hello", instance: "i")
        #expect(facts.changedPaths == ["a"] && facts.target == "production" && facts.message == "hello")
        let cut = SourceSynced.ChangedPaths(paths: ["a"], complete: false)
        #expect(Facts(trigger, changes: cut, message: nil).changedPaths == nil)
    }
}
