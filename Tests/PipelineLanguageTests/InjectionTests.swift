import Contracts
import Testing

@testable import PipelineLanguage

/// Values are data: whoever may choose one, by a commit, a tag, a parameter or an output, runs nothing by it.
@Suite("Values run nothing")
struct InjectionTests {
    static let attacks = [
        "Fix `touch canary`", "$(touch canary)", "1.0; touch canary; #", "a\ntouch canary\n", "x' ; touch canary ; '",
        "x\" ; touch canary ; \"", "a && touch canary", "a | touch canary", "a > canary", "touch canary", "~/canary",
        "\\\" $(touch canary)", "* canary", "$2a$12$mSNGEiOT7urQP", "${IFS}canary", "a}; touch canary",
    ]
    private static let run = ["DRONE_TAG": "v1.2", "DRONE_BRANCH": "main", "DRONE_COMMIT_SHA": "0123456789abcdef"]

    /// A step as it comes out of the platform's pass and the worker's, with the attack wherever a value may be.
    private static func resolve(_ step: Step, _ attack: String, matrix: Bool = true) throws -> Step {
        var run = run
        run["DRONE_COMMIT_MESSAGE"] = attack
        let parameters = ["given": attack]
        let stage = Stage(
            name: "s", environment: ["OUTER": "${commit.message}"], matrix: matrix ? ["AXIS": attack] : [:],
            steps: [step])
        let first = try stage.resolved(in: Scope(environment: run, parameters: parameters, isPartial: true))
        let scope = Scope(
            environment: run, parameters: parameters, matrix: stage.matrix, outputs: ["a": ["out": attack, "none": ""]])
        return try first.steps[0].resolved(in: scope, variables: first.environment)
    }

    /// Where a value may come from, and what a script may do with it.
    private static let expressions = [
        "${commit.message}", "${DRONE_COMMIT_MESSAGE}", "${OUTER}", "${INNER}", "${given}", "${parameters.given}",
        "${AXIS}", "${matrix.AXIS}", "${steps.a.out}",
    ]

    @Test("from wherever they come, the script has a variable in their place", arguments: attacks)
    func commands(attack: String) throws {
        let step = Step(
            name: "b", commands: Self.expressions.map { "echo \"\($0)\"" },
            environment: ["INNER": "${commit.message}", "LAST": "${steps.a.out}"])
        let resolved = try Self.resolve(step, attack)
        for command in resolved.commands {
            let name = try #require(Self.variable(of: command), "\(command)")
            if name != "DRONE_COMMIT_MESSAGE" {
                #expect(resolved.environment[name] == .text(attack), "\(command)")
            }
        }
        #expect(resolved.environment["LAST"] == .text(attack))
    }

    /// The variable in `echo "${NAME}"`, if that is all there is.
    private static func variable(of command: String) -> String? {
        guard command.hasPrefix("echo \"${"), command.hasSuffix("}\"") else { return nil }
        let name = command.dropFirst(8).dropLast(2)
        return RunVariables.isVariable(String(name)) ? String(name) : nil
    }

    @Test("a part of one is computed and handed over, also where a shell has no such operator", arguments: attacks)
    func operations(attack: String) throws {
        for source in Self.expressions {
            let name = source.dropFirst(2).dropLast()
            for operation in [":0:99999", "#NOTHING", "%NOTHING", "/NOTHING/else", ":-else"] {
                let step = Step(
                    name: "b", commands: ["echo \"${\(name)\(operation)}\""],
                    environment: ["INNER": "${commit.message}"])
                let resolved = try Self.resolve(step, attack)
                let variable = try #require(Self.variable(of: resolved.commands[0]), "\(resolved.commands)")
                #expect(resolved.environment[variable] == .text(attack), "\(name)\(operation)")
            }
        }
    }

    @Test("one within an expression is its value where the worker reads it, and a variable where a shell does")
    func nested() throws {
        let attack = "$(touch canary)/x;"
        for (command, expected, value) in [
            ("echo ${DRONE_NONE:-${steps.a.out}}", "echo ${SLIPWAY_VALUE_1}", attack),
            ("echo ${DRONE_NONE:-${given}}", "echo ${SLIPWAY_VALUE_1}", attack),
            ("echo ${steps.a.none:-${steps.a.out}}", "echo ${SLIPWAY_VALUE_1}", attack),
            ("echo ${DRONE_TAG:+is ${steps.a.out}}", "echo is ${SLIPWAY_VALUE_1}", attack),
            ("echo ${DRONE_BRANCH/main/${steps.a.out}}", "echo ${SLIPWAY_VALUE_1}", attack),
            ("echo ${steps.a.out#${given}}", "echo ", attack), ("echo ${given%${commit.message}}", "echo ", nil),
            ("echo ${file%.${steps.a.out}}", "echo ${file%.${SLIPWAY_VALUE_1}}", attack),
            ("echo ${file:-${given}}", "echo ${file:-${SLIPWAY_VALUE_1}}", attack),
            ("echo ${file#${DRONE_BRANCH}/}", "echo ${file#main/}", nil),
            ("echo ${file#${commit.message}}", "echo ${file#${DRONE_COMMIT_MESSAGE}}", nil),
            ("echo ${DRONE_NONE:-$(echo ${steps.a.out})}", "echo $(echo ${SLIPWAY_VALUE_1})", attack),
            ("echo ${DRONE_TAG#${prefix}}", "echo ${DRONE_TAG#${prefix}}", nil),
        ] as [(String, String, String?)] {
            let resolved = try Self.resolve(Step(name: "b", commands: [command]), attack)
            #expect(resolved.commands == [expected], "\(command)")
            #expect(resolved.environment["SLIPWAY_VALUE_1"] == value.map(Value.text), "\(command)")
        }
    }

    @Test("a matrix brings none into commands", arguments: ["1; touch canary", "a' b", "x\" | y", "a b"])
    func matrix(attack: String) throws {
        let source = """
            {"matrix": {"AXIS": [\(try String(decoding: Wire.encode(attack), as: UTF8.self))]}, "steps": [
              {"name": "a", "image": "x", "commands": ["echo ${AXIS} \\"${matrix.AXIS}\\""],
               "environment": {"E": "${AXIS}"}}]}
            """
        let stage = try Compiler.compile(source: source, path: "x.json", context: .init()).process.stages[0]
        let first = try stage.resolved(in: Scope(isPartial: true))
        let step = try first.steps[0].resolved(in: Scope(matrix: stage.matrix))
        #expect(step.commands == ["echo ${SLIPWAY_VALUE_1} \"${SLIPWAY_VALUE_1}\""])
        #expect(step.environment["SLIPWAY_VALUE_1"] == .text(attack))
        #expect(step.environment["E"] == .text(attack))
    }

    @Test("what a list of words tells a shell to run is a script", arguments: attacks)
    func words(attack: String) throws {
        let script = "echo \"${steps.a.out}\""
        let calls = [
            ["sh", "-c", script], ["/bin/sh", "-ec", script], ["bash", "--login", "-eo", "pipefail", "-c", script],
            ["/sbin/tini", "--", "ash", "-c", "+x", script, "sh", "x"], ["env", "A=b", "sh", "-c", "--", script],
        ]
        for call in calls {
            let number = try #require(call.firstIndex(of: script))
            for split in 0...1 {
                let step = Step(
                    name: "b", image: "x", command: Array(call.dropFirst(split * number)),
                    entrypoint: Array(call.prefix(split * number)), ready: Probe(command: call))
                let resolved = try Self.resolve(step, attack)
                #expect((resolved.entrypoint + resolved.command)[number] == "echo \"${SLIPWAY_VALUE_1}\"", "\(call)")
                #expect(resolved.ready?.command[number] == "echo \"${SLIPWAY_VALUE_1}\"", "\(call)")
                #expect(resolved.environment["SLIPWAY_VALUE_1"] == .text(attack))
            }
        }
        // Of no shell they are words, and stay what they are.
        for call in [
            ["push", "-c", "${steps.a.out}"], ["sh", "${steps.a.out}"], ["sh", "-e", "x", "-c", "${steps.a.out}"],
        ] {
            let resolved = try Self.resolve(Step(name: "b", image: "x", command: call), attack)
            #expect(resolved.command.last == attack, "\(call)")
        }
    }

    @Test("the container of a deploy step has them as variables, in its health check too", arguments: attacks)
    func deploy(attack: String) throws {
        let test = ["/bin/sh", "-c", #"check "${steps.a.out}" "${commit.message}" ${DRONE_TAG} "$PORT" "${PORT}""#]
        let run = ContainerRun(
            environment: ["PORT": "80", "TITLE": "${commit.message}"], command: test, labels: ["l": "${given}"],
            healthCheck: .init(command: test), health: Probe(command: test))
        let step = Step(
            name: "b",
            deploy: Deploy(environment: "production", container: "web", image: "x:${DRONE_TAG}", run: run))
        let resolved = try #require(try Self.resolve(step, attack).deploy?.run)
        let script = #"check "${SLIPWAY_VALUE_1}" "${SLIPWAY_VALUE_1}" v1.2 "$PORT" "${PORT}""#
        #expect(resolved.command.last == script)
        #expect(resolved.healthCheck?.command.last == script)
        #expect(resolved.health?.command.last == script)
        let expected: [String: Value] = ["PORT": "80", "TITLE": .text(attack), "SLIPWAY_VALUE_1": .text(attack)]
        #expect(resolved.environment == expected)
        #expect(resolved.labels == ["l": attack])
    }

    @Test("in settings, build arguments, labels and conditions they are texts", arguments: attacks)
    func texts(attack: String) throws {
        let build = ImageBuild(
            repository: "x", tags: ["1"], arguments: ["A": "${steps.a.out}", "B": "${given}"], labels: ["l": "${AXIS}"])
        let step = Step(
            name: "b", environment: ["E": "${OUTER}"],
            settings: ["s": .value(.array(["${commit.message}", "${given}"])), "o": .value("${steps.a.out}")],
            build: build)
        let resolved = try Self.resolve(step, attack)
        #expect(resolved.build?.arguments == ["A": .text(attack), "B": .text(attack)])
        #expect(resolved.build?.labels == ["l": attack])
        #expect(resolved.environment["E"] == .text(attack))
        let list = JSONValue.array([.string(attack), .string(attack)])
        #expect(resolved.settings == ["s": .value(list), "o": .value(.string(attack))])
        let condition = Condition(branch: ["${given}"], target: ["${commit.message}"])
        let process = Process(name: "p", stages: [Stage(name: "s", trigger: condition, steps: [step])])
        let scope = Scope(
            environment: ["DRONE_COMMIT_MESSAGE": attack], parameters: ["given": attack], isPartial: true)
        let trigger = try process.resolved { _ in scope }.stages[0].trigger
        for pattern in try [#require(trigger.branch), #require(trigger.target)].flatMap(\.include) {
            #expect(try Glob(pattern).matches(attack), "\(pattern)")
        }
    }

    @Test("in a condition they are compared as they are: only what its author wrote is a pattern")
    func conditions() throws {
        func refusal(of pattern: String, branch: String, _ value: String) throws -> String? {
            let stage = Stage(
                name: "s", trigger: Condition(branch: [pattern]), steps: [Step(name: "a", commands: ["a"])])
            let scope = Scope(
                environment: ["DRONE_COMMIT_MESSAGE": value], parameters: ["given": value, "empty": ""],
                matrix: ["AXIS": value], isPartial: true)
            let process = try Process(name: "p", stages: [stage]).resolved { _ in scope }
            var facts = PlannerTests.push
            facts.branch = branch
            return process.stages[0].trigger.refusal(facts, word: "trigger")?.text
        }
        for pattern in ["${given}", "${matrix.AXIS}", "${commit.message}", "${empty:-${given}}", "${given#NOTHING}"] {
            for value in [
                "*", "**", "m*", "?ain", "[a-z]*", "{main,dev}", "\\main", "[", "{", "x}", "$given", "${given}",
            ] {
                #expect(try refusal(of: pattern, branch: "main", value) != nil, "\(pattern): \(value)")
                #expect(try refusal(of: pattern, branch: value, value) == nil, "\(pattern): \(value)")
            }
        }
        #expect(try refusal(of: "release/${given}-*", branch: "release/[1]-rc", "[1]") == nil)
        #expect(try refusal(of: "release/${given}-*", branch: "release/1-rc", "[1]") != nil)
        #expect(try refusal(of: "{main,${given}}", branch: "a,b", "a,b") == nil)
        #expect(try refusal(of: "{main,${given}}", branch: "a", "a,b") != nil)
        #expect(try refusal(of: "${empty:-release/*}", branch: "release/1", "x") == nil)
        #expect(
            try refusal(of: "${given}", branch: "main", "m*") == #"trigger.branch: “main” is not m\*"#)
    }

    @Test("where the image's own entrypoint is a shell, the words behind it are its script", arguments: attacks)
    func imageEntrypoint(attack: String) throws {
        let script = "echo \"${steps.a.out}\" \"${commit.message}\""
        func resolve(_ command: [String], _ entrypoint: [String]?) throws -> Step {
            let run = ["DRONE_COMMIT_MESSAGE": attack]
            let stage = Stage(name: "s", steps: [Step(name: "b", image: "x", command: command)])
            let first = try stage.resolved(in: Scope(environment: run, parameters: ["given": attack], isPartial: true))
            let scope = Scope(environment: run, parameters: ["given": attack], outputs: ["a": ["out": attack]])
            return try first.steps[0].resolved(in: scope, imageEntrypoint: entrypoint)
        }
        let data = "echo \"${SLIPWAY_VALUE_1}\" \"${DRONE_COMMIT_MESSAGE}\""
        for (command, entrypoint) in [
            (["-c", script], nil), (["-c", script], ["/bin/sh"]), (["-ec", script], ["/usr/bin/env", "bash"]),
            ([script], ["/bin/sh", "-c"]), (["-c", script], ["/sbin/tini", "--", "sh"]),
            ([script], ["su", "app", "-c"]),
        ] as [([String], [String]?)] {
            let step = try resolve(command, entrypoint)
            #expect(step.command.last == data, "\(entrypoint ?? []) \(command)")
            #expect(step.environment["SLIPWAY_VALUE_1"] == .text(attack))
        }
        for entrypoint in [[], ["docker-entrypoint.sh"], ["kubectl"]] {
            let step = try resolve(["-c", "say ${steps.a.out} ${given} ${commit.message} ${NONE}"], entrypoint)
            #expect(step.command == ["-c", "say \(attack) \(attack) \(attack) "], "\(entrypoint)")
        }
    }

    private static func warnings(_ source: String) throws -> [String] {
        try DifferencesTests.compile("kind: pipeline\ntype: exec\n" + source).warnings.map(\.message)
    }

    @Test(
        "where a script has one for a command's name, lint says that no shell reads it",
        arguments: [
            ("${test}", 1), ("${test} ./...", 1), ("cd app && ${test}", 1), ("cd app; ${test} -v | tee log", 1),
            ("if ${test}; then echo good; fi", 1), ("a\\n  ${parameters.test}", 1), ("(${test})", 1),
            ("eval \\\"${test}\\\"", 0), ("echo ${test}", 0), ("${test}/bin/run", 0), ("\\\"${test}\\\" x", 0),
            ("echo a # ; ${test}", 0), ("FOO=${test} make", 0), ("${level} x", 0),
        ])
    func commandNames(_ it: (command: String, count: Int)) throws {
        let warnings = try Self.warnings(
            """
            parameters: {test: go vet && go test, level: {type: choice, values: [a, b], default: a}}
            steps: [{name: a, commands: ["\(it.command)"]}]
            """)
        #expect(warnings.filter { $0.contains("write eval") }.count == it.count, "\(it.command): \(warnings)")
    }

    @Test("where a condition has one that looks like a pattern, lint says that it is none")
    func conditionPatterns() throws {
        let warnings = try Self.warnings(
            """
            parameters: {branches: release/*, one: main}
            environment: {TAGS: v?}
            steps:
            - {name: a, commands: [a], when: {branch: ["${branches}", "${one}", "${parameters.branches}"]}}
            - {name: b, commands: [a], when: {branch: "${TAGS}", ref: "refs/tags/${DRONE_TAG}"}}
            """)
        #expect(
            warnings.filter { $0.contains("is no pattern there") } == [
                "the value of ${branches} is compared as it is, and “release/*” is no pattern there; write the pattern itself",
                "the value of ${parameters.branches} is compared as it is, and “release/*” is no pattern there; write the "
                    + "pattern itself",
                "the value of ${TAGS} is compared as it is, and “v?” is no pattern there; write the pattern itself",
            ])
    }
}
