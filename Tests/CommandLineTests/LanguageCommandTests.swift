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
        let tags =
            "name: tags\nsteps: [{name: a, commands: [a], when: {event: tag}}, {name: b, commands: [a], when: {branch: x}}]"
        #expect(
            try plan(tags) == [
                "tags · push to main", "└─ ✗ tags  all its steps are skipped",
                "   ├─ ✗ a  when.event: “push” is not tag", "   └─ ✗ b  when.branch: “main” is not x",
                "0 of 2 steps would run, in 0 jobs",
            ])
    }

    @Test("put parameters and what is known of the run into conditions")
    func conditions() throws {
        let process = try Compiler.compile(
            source: """
                parameters: {branch: main, level: {values: [a, b]}}
                steps:
                - {name: a, commands: [a], when: {branch: "${branch}"}}
                - {name: b, commands: [a], when: {target: "${DRONE_DEPLOY_TO}", repo: "shop/${DRONE_REPO_NAME}"}}
                - {name: c, commands: [a], when: {ref: "refs/tags/${DRONE_TAG}"}}
                """, path: "x.yml"
        ).process
        func running(_ arguments: String...) throws -> [String] {
            try FactOptions.parse(arguments).plan(process).stages[0].steps.filter { $0.skipped == nil }.map(\.name)
        }
        #expect(try running() == ["a"])
        #expect(try running("--param", "branch=dev", "--param", "level=a") == [])
        #expect(try running("--target", "production", "--repo", "shop/web", "--branch", "dev") == ["b"])
        #expect(try running("--tag", "v1") == ["c"])
        #expect(throws: CommandError.self) { try running("--param", "level=c") }
    }

    /// A document of the language's own tests.
    private func golden(_ name: String) -> String {
        "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/")
            + "/PipelineLanguageTests/Golden/" + name
    }

    private func exitCode(_ run: () throws -> Void) -> Int32 {
        do {
            try run()
            return 0
        } catch let code as ExitCode {
            return code.rawValue
        } catch let error as CommandError {
            return error.isUsage ? 2 : 1
        } catch {
            return -1
        }
    }

    @Test("say which file is nearly called as a pipeline file is")
    func misnamedFile() {
        #expect(LintCommand.missing { $0 == ".drone.yaml" }.remedy?.contains("name it .drone.yml") == true)
        #expect(LintCommand.missing { $0.hasPrefix("slipway.") }.remedy?.contains("name it .slipway.json") == true)
        #expect(LintCommand.missing { $0 == ".travis.yml" }.remedy?.contains("a file of Travis CI") == true)
        #expect(LintCommand.missing { _ in false }.remedy == "name a file: slipway lint FILE")
    }

    @Test("end with 0, 1 or 2")
    func exitCodes() {
        let fine = golden("projects/01-go-library.yml")
        let wrong = golden("errors/typo.in.json")
        let warned = golden("errors/empty-condition.yml")
        for (arguments, code) in [
            ([fine], 0), ([wrong], 1), ([fine, wrong], 1), ([warned], 0), (["--strict", warned], 1),
            (["--json", wrong], 1), (["/nothing/here.yml"], 2), ([fine, "/nothing/here.yml"], 2),
        ] as [([String], Int32)] {
            #expect(exitCode { try LintCommand.parse(arguments).run() } == code, "lint \(arguments)")
        }
        for (arguments, code) in [
            ([fine], 0), ([fine, "--digest"], 0), ([fine, "--canonical"], 0), ([wrong], 1), ([wrong, "--json"], 1),
            ([fine, "--param", "a=b"], 2), (["/nothing/here.yml"], 2),
        ] as [([String], Int32)] {
            #expect(exitCode { try CompileCommand.parse(arguments).run() } == code, "compile \(arguments)")
        }
        for (arguments, code) in [
            ([fine], 0), ([fine, "--json"], 0), ([fine, "--message", "[skip ci]"], 1), ([wrong], 1),
            ([wrong, "--json"], 1), (["/nothing/here.yml"], 2),
        ] as [([String], Int32)] {
            #expect(exitCode { try PlanCommand.parse(arguments).run() } == code, "plan \(arguments)")
        }
        #expect(exitCode { try SchemaCommand.parse([]).run() } == 0)
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
