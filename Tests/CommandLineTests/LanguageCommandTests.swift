import ArgumentParser
import Contracts
import PipelineLanguage
import Testing

@testable import CommandLine

@Suite("compile, plan, lint and schema")
struct LanguageCommandTests {
    private func plan(_ yaml: String, _ arguments: String...) throws -> [String] {
        let process = try Compiler.compile(source: yaml, path: "x.yml").process
        let facts = try FactOptions.parse(arguments).facts
        return PlanTree(plan: Plan(process, facts: facts), style: .plain).lines
    }

    private let web = """
        name: web
        steps:
        - {name: compile, image: node, commands: [make]}
        - {name: image, build: registry.example/web}
        - {name: production, deploy: {environment: production, workload: deployment/web}, when: {branch: main}}
        - {name: tell, image: alpine, commands: [./tell], when: {status: [failure]}, failure: ignore}
        """

    @Test("draw what would run, in which job, and why the rest does not")
    func tree() throws {
        #expect(
            try plan(web) == [
                "web · push to main", "└─ ● web", "   ├─ job 1 build", "   │  ├─ ● compile",
                "   │  └─ ● image  after compile", "   ├─ job 2 rollout  after image",
                "   │  └─ ● production  to production", "   └─ job 3 build  after production",
                "      └─ ● tell  only after a failure, may fail", "4 of 4 steps would run, in 3 jobs",
            ])
        let dev = try plan(web, "--branch", "dev")
        #expect(dev.contains("      └─ ✗ production  when.branch: “dev” is not main"))
        #expect(dev.last == "3 of 4 steps would run, in 1 job")
        let skipped = try plan(web, "--message", "Typo [skip ci]")
        #expect(skipped == ["web · push to main", "  nothing runs: the commit message says [skip ci]"])
    }

    @Test("take what happened from the command line, and the rest for granted")
    func facts() throws {
        let push = try FactOptions.parse([]).facts
        #expect(
            push.event == .push && push.branch == "main" && push.ref == "refs/heads/main" && push.changedPaths == nil)
        let tag = try FactOptions.parse(["--tag", "v1"]).facts
        #expect(tag.event == .tag && tag.branch == nil && tag.ref == "refs/tags/v1")
        let promotion = try FactOptions.parse(["--target", "production", "--changed", "a", "--changed", "b"]).facts
        #expect(promotion.event == .promote && promotion.changedPaths == ["a", "b"])
        #expect(try FactOptions.parse(["--cron", "nightly"]).facts.event == .cron)
        #expect(try FactOptions.parse(["--param", "a=b=c", "--param", "d="]).values == ["a": "b=c", "d": ""])
        for wrong in [["--event", "pish"], ["--param", "a"], ["--param", "=a"]] {
            #expect(throws: (any Error).self) { try FactOptions.parse(wrong) }
        }
    }

    @Test("count what there is to complain about, and mark where")
    func diagnostics() {
        let error = Diagnostic(
            severity: .error, code: .unknownField, message: "a step has no field “imgae”", file: "x.yml", line: 3,
            column: 3, length: 5, source: "  imgae: alpine")
        var warning = error
        warning.severity = .warning
        #expect(DiagnosticText.count([]) == nil)
        #expect(DiagnosticText.count([error]) == "1 error")
        #expect(DiagnosticText.count([error, error, warning]) == "2 errors and 1 warning")
        #expect(
            DiagnosticText.lines(error, style: .plain) == [
                "x.yml:3:3: error: a step has no field “imgae”", "    3 |   imgae: alpine", "      |   ^~~~~",
            ])
    }

    @Test("read no file that is not there")
    func missing() {
        #expect(throws: CommandError.self) { try PipelineSource(path: "/nothing/here.yml") }
    }
}
