import Testing

@testable import PipelineLanguage

/// What programs that are no shells are told to run, and what a shell reads at the far end.
@Suite("Values in code of other languages")
struct CodeWordTests {
    private static func words(
        _ step: Step, _ message: String, branch: String = "feature/a-1", entrypoint: [String]? = nil
    ) throws -> [String] {
        let run = ["DRONE_COMMIT_MESSAGE": message, "DRONE_BRANCH": branch]
        let stage = Stage(name: "s", steps: [step])
        let first = try stage.resolved(
            in: Scope(environment: run, parameters: ["given": message], isPartial: true))
        let scope = Scope(environment: run, outputs: ["a": ["out": message]])
        let resolved = try first.steps[0].resolved(in: scope, imageEntrypoint: entrypoint)
        return resolved.entrypoint + resolved.command
    }

    private static func calls(_ value: String) -> [[String]] {
        [
            ["python", "-c", "print('\(value)')"], ["/usr/bin/python3.12", "-c", "print('\(value)')"],
            ["node", "-e", "log('\(value)')"], ["perl", "-e", "print '\(value)'"], ["ruby", "-e", "puts '\(value)'"],
            ["php", "-r", "echo '\(value)';"], ["awk", "{ print \"\(value)\" }", "file"],
            ["ssh", "host", "deploy \(value)"],
        ]
    }

    @Test("one that is not plain is an error, from wherever it comes", arguments: InjectionTests.attacks)
    func attack(attack: String) throws {
        for value in ["${commit.message}", "${DRONE_COMMIT_MESSAGE}", "${given}", "${steps.a.out}", "${INNER}"] {
            for call in Self.calls(value) {
                for step in [
                    Step(name: "b", entrypoint: call, environment: ["INNER": "${commit.message}"]),
                    Step(name: "b", command: call, environment: ["INNER": "${commit.message}"]),
                    Step(
                        name: "b", command: Array(call.dropFirst()), entrypoint: [call[0]],
                        environment: ["INNER": "${commit.message}"]),
                ] {
                    #expect(throws: SubstitutionError.self, "\(call)") {
                        try Self.words(step, attack, entrypoint: [])
                    }
                }
            }
        }
    }

    @Test("the error names the variable to read instead")
    func remedy() throws {
        for (value, remedy) in [
            ("${commit.message}", "read the variable DRONE_COMMIT_MESSAGE"),
            ("${DRONE_BRANCH}", "read the variable DRONE_BRANCH"),
            ("${steps.a.out}", "a variable in “environment”"), ("${given}", "a variable in “environment”"),
        ] {
            let error = try #require(throws: SubstitutionError.self) {
                try Self.words(Step(name: "b", command: ["python", "-c", value]), "a'b", branch: "a;b", entrypoint: [])
            }
            #expect(error.description.contains(remedy), "\(error)")
        }
    }

    @Test("a plain one is written in, and other words take any")
    func plain() throws {
        for (call, expected) in zip(Self.calls("${DRONE_BRANCH}"), Self.calls("feature/a-1")) {
            #expect(try Self.words(Step(name: "b", command: call), "x", entrypoint: []) == expected)
        }
        let call = ["python", "app.py", "${commit.message}"]
        #expect(try Self.words(Step(name: "b", command: call), "a'b", entrypoint: []) == ["python", "app.py", "a'b"])
    }
}
