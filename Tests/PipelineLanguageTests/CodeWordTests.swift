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
            ["ssh", "host", "deploy \(value)"], ["nix-shell", "--run", "deploy \(value)"],
            ["tar", "-xf", "a.tar", "--checkpoint-action=exec=echo \(value)"],
            ["psql", "shop", "-c", "SELECT '\(value)'"], ["sed", "s/x/\(value)/", "file"],
            ["make", "deploy", "MESSAGE=\(value)"], ["anything", "--eval=say \(value)"],
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

    @Test("lint foresees it where the value may be such a one, and names the variable")
    func lint() throws {
        func warnings(_ call: String, _ more: String = "") throws -> [String] {
            try DifferencesTests.compile(
                """
                kind: pipeline
                type: docker
                parameters: {given: a, level: {type: choice, values: [a, b], default: a}}
                environment: {PLAIN: a-1, WORDS: a b}
                steps:
                - {name: a, image: x, \(call)\(more)}
                """
            ).warnings.map(\.message).filter { $0.contains("is code of") }
        }
        let values = "\"${commit.message} ${given} ${WORDS}\""
        for call in [
            "command: [python, -c, \(values)]", "entrypoint: [python], command: [-c, \(values)]",
            "entrypoint: [python, -c, \(values)]",
            "command: [a], ready: {command: [python, -c, \(values)]}, detach: true",
        ] {
            let found = try warnings(call)
            #expect(found.count == 3, "\(call): \(found)")
            for (warning, end) in zip(
                found,
                [
                    "let the code read the variable DRONE_COMMIT_MESSAGE",
                    "give it a variable in “environment”, and let the code read that",
                    "let the code read the variable WORDS",
                ])
            {
                #expect(warning.hasPrefix("this word is code of python: unless the value of ${"), "\(warning)")
                #expect(warning.hasSuffix(end), "\(warning)")
            }
        }
        for call in [
            "command: [python, -c, \"${commit.sha} ${DRONE_BRANCH} ${level} ${PLAIN} ${#DRONE_COMMIT_MESSAGE}\"]",
            "command: [python, app.py, \(values)]", "command: [python, -c, \(values)], commands: [a]",
            "command: [sh, -c, \(values)]",
        ] {
            #expect(try warnings(call).isEmpty, "\(call)")
        }
        #expect(try warnings("command: [ssh, host, \"${commit.message}\"]").first?.contains("SendEnv") == true)
        #expect(try warnings("command: [x, --eval, \"${given}\"]").first?.contains("code of “--eval”") == true)
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
