import Contracts
import Testing

@testable import PipelineLanguage

/// `environment` of pipelines and steps: who sees whose variables.
@Suite("Variables of a pipeline and its steps")
struct VariableOrderTests {
    private static let run = ["DRONE_TAG": "v1.2.3", "DRONE_BRANCH": "main"]

    private static func environment(_ stage: [String: Value], _ step: [String: Value]) throws -> [String: Value] {
        try twice(Stage(name: "s", environment: stage, steps: [Step(name: "a", environment: step)])).environment
    }

    /// A step as it comes out of the platform's pass and the worker's.
    private static func twice(_ stage: Stage, outputs: [String: [String: String]] = [:]) throws -> Step {
        let first = try stage.resolved(in: Scope(environment: run, isPartial: true))
        let scope = Scope(environment: run, matrix: stage.matrix, outputs: outputs)
        let both = try first.steps[0].resolved(in: scope, variables: first.environment)
        let once = try stage.steps[0].resolved(in: scope, variables: stage.environment)
        #expect(once == both)
        return both
    }

    @Test("see the pipeline's from the step's, and each other in any order")
    func order() throws {
        let environment = try Self.environment(
            ["BASE": "/opt/app", "PATH": "/opt/bin:$PATH"],
            [
                "FULL": "${BASE}/bin", "LAST": "${MIDDLE}!", "MIDDLE": "${FULL}?", "DRONE_BRANCH": "mine",
                "SEEN": "${DRONE_BRANCH}", "ESC": "$${BASE}", "HASH": "$2a$12$abc", "TWO": "$$HOME",
                "TAGGED": "${commit.branch}",
            ])
        #expect(
            environment == [
                "BASE": "/opt/app", "PATH": "/opt/bin:$PATH", "FULL": "/opt/app/bin", "MIDDLE": "/opt/app/bin?",
                "LAST": "/opt/app/bin?!", "DRONE_BRANCH": "mine", "SEEN": "mine", "TAGGED": "main", "ESC": "${BASE}",
                "HASH": "$2a$12$abc", "TWO": "$HOME",
            ])
    }

    @Test("are those of the step, then of the run, then of the pipeline, in expressions as in the shell")
    func agreesWithShell() throws {
        let names = ["OWN", "DRONE_BRANCH", "DRONE_TAG", "DRONE_CRON", "GO", "SECRET", "DRONE_STEP_NAME"]
        let environment: [String: Value] = [
            "OWN": "pipeline", "DRONE_BRANCH": "pipeline", "DRONE_TAG": "pipeline", "DRONE_CRON": "pipeline",
            "GO": "pipeline", "SECRET": "pipeline", "DRONE_STEP_NAME": "pipeline",
        ]
        let own: [String: Value] = ["DRONE_TAG": "step", "SECRET": .secret("s"), "GO": "step"]
        let stage = Stage(
            name: "s", environment: environment, matrix: ["GO": "matrix", "OS": "matrix"],
            steps: [
                Step(name: "a", commands: names.map { "${\($0)}" } + ["${OS}", "${commit.tag}"], environment: own),
                Step(name: "b", commands: names.map { "${\($0)}" }),
            ])
        let first = try stage.resolved(in: Scope(environment: Self.run, isPartial: true))
        // What is known when the step starts and not before wins, too.
        let run = Self.run.merging(["DRONE_STEP_NAME": "run", "GO": "matrix", "OS": "matrix"]) { $1 }
        for (index, wanted) in [
            ["pipeline", "main", "step", "pipeline", "step", "${SECRET}", "run", "matrix", "v1.2.3"],
            ["pipeline", "main", "v1.2.3", "pipeline", "matrix", "pipeline", "run"],
        ].enumerated() {
            let step = try first.steps[index].resolved(
                in: Scope(environment: run, matrix: stage.matrix), variables: first.environment)
            #expect(step.commands == wanted)
            // A shell has the run's variables and over them those of the step.
            let own = step.environment.compactMapValues { if case .text(let text) = $0 { text } else { nil } }
            let shell = run.merging(own) { $1 }
            for (name, value) in zip(names, wanted) where name != "SECRET" { #expect(shell[name] == value, "\(name)") }
        }
    }

    @Test("of a pipeline are told where every run has them itself")
    func shadowed() throws {
        let source = """
            environment: {DRONE_REPO: own, DRONE_TAG: latest, CI: "false", OWN: a}
            steps: [{name: a, image: x, environment: {CI: "false"}, commands: ["echo ${DRONE_REPO}"]}]
            """
        let warnings = try DifferencesTests.compile(source).warnings
        #expect(warnings.map(\.column) == [15, 51])
        #expect(warnings.allSatisfy { $0.code == .noEffect && $0.message.contains("the run's own wins") })
    }

    @Test("mean the outer one by their own name")
    func ownName() throws {
        #expect(try Self.environment(["A": "1"], ["A": "${A}2", "B": "${A}3"]) == ["A": "12", "B": "123"])
        #expect(try Self.environment([:], ["A": "x${A}"]) == ["A": "x"])
    }

    @Test("that refer to each other are told")
    func cycle() {
        #expect {
            _ = try Self.environment([:], ["A": "${B}", "B": "${C}", "C": "${A}"])
        } throws: { error in
            (error as? SubstitutionError)?.code == .cycle && "\(error)".contains("refer to each other")
        }
    }

    @Test("wait for what a step hands on, and so do those that use them")
    func outputs() throws {
        let stage = Stage(
            name: "s", environment: ["A": "${steps.v.out}", "B": "[${A}]"],
            steps: [Step(name: "a", environment: ["C": "${B}$${A}"], user: "x:${C}")])
        let step = try Self.twice(stage, outputs: ["v": ["out": "$1}"]])
        #expect(step.environment == ["A": "$1}", "B": "[$1}]", "C": "[$1}]${A}"])
        #expect(step.user == "x:[$1}]${A}")
    }

    @Test("are seen by everything of the stage")
    func stage() throws {
        var stage = Stage(
            name: "s", environment: ["VERSION": "2", "TAG": "v${DRONE_TAG#v}"],
            workspace: Workspace(base: "/${VERSION}/$$x"), trigger: Condition(branch: ["${VERSION}"]),
            matrix: ["OS": "linux"],
            steps: [
                Step(
                    name: "a", image: "tool:${VERSION}-${TAG}-${matrix.OS}", environment: ["VERSION": "3"],
                    when: Condition(branch: ["${VERSION}", "$$y"]))
            ])
        stage.workspace.path = "${TAG}"
        let scope = Scope(environment: Self.run, isPartial: true)
        let planned = try Process(name: "p", stages: [stage]).resolved { _ in scope }.stages[0]
        #expect(planned.steps[0].image == "tool:3-v1.2.3-linux")
        #expect(planned.workspace == Workspace(base: "/2/$x", path: "v1.2.3"))
        #expect(planned.trigger.branch == ["2"] && planned.steps[0].when.branch == ["3", "$y"])
    }
}

/// What commands see of values: a shell must get them as they are, whatever is in them.
@Suite("Values in commands")
struct CommandValueTests {
    static let hash = "$2a$12$mSNGEiOT7urQP"
    static let message = "Fix `touch /tmp/x` $(id) \"it\""

    private static func commands(_ commands: [String]) throws -> Step {
        let stage = Stage(
            name: "s", environment: ["HASH": .text(hash.replacing("$2a$12$", with: "$$2a$$12$$"))],
            matrix: ["FLAGS": "-a -b", "SALT": "a$b"],
            steps: [Step(name: "a", commands: commands, environment: ["TITLE": "${DRONE_COMMIT_MESSAGE}"])])
        let run = ["DRONE_COMMIT_MESSAGE": message, "DRONE_TAG": "v1.2.3"]
        let parameters = ["hash": hash, "image": "harbor.example/web", "run": "go vet && go test"]
        let first = try stage.resolved(in: Scope(environment: run, parameters: parameters, isPartial: true))
        let scope = Scope(environment: run, matrix: stage.matrix, outputs: ["a": ["title": message, "plain": "1.2"]])
        return try first.steps[0].resolved(in: scope, variables: first.environment)
    }

    @Test(
        "are written into the script where they are plain, and variables where they are not",
        arguments: [
            ("echo \"${HASH}\" ${TITLE}", "echo \"${HASH}\" ${TITLE}", nil), ("echo ${DRONE_TAG#v}", "echo 1.2.3", nil),
            ("echo ${image} ${FLAGS}", "echo harbor.example/web ${SLIPWAY_VALUE_1}", "-a -b"),
            ("eval \"${run}\"", "eval \"${SLIPWAY_VALUE_1}\"", "go vet && go test"),
            ("echo ${steps.a.plain}", "echo 1.2", nil),
            ("echo ${steps.a.title}", "echo ${SLIPWAY_VALUE_1}", message),
            ("echo ${commit.message}", "echo ${DRONE_COMMIT_MESSAGE}", nil),
            ("echo ${commit.message:0:9}", "echo ${SLIPWAY_VALUE_1}", "Fix `touc"),
            ("echo ${TITLE^^}", "echo ${SLIPWAY_VALUE_1}", message.uppercased()),
            ("echo ${hash}", "echo ${SLIPWAY_VALUE_1}", hash),
            (
                "echo ${parameters.hash} ${hash}",
                "echo ${SLIPWAY_VALUE_1} ${SLIPWAY_VALUE_1}", hash
            ),
            ("echo ${SALT} ${matrix.SALT}", "echo ${SLIPWAY_VALUE_1} ${SLIPWAY_VALUE_1}", "a$b"),
            ("echo ${hash%u*} $$$$", "echo ${SLIPWAY_VALUE_1} $$", "$2a$12$mSNGEiOT7"),
        ] as [(String, String, String?)])
    func shell(command: String, expected: String, value: String?) throws {
        let step = try Self.commands([command])
        #expect(step.commands == [expected])
        #expect(step.environment["SLIPWAY_VALUE_1"] == value.map(Value.text))
        #expect(step.environment["HASH"] == .text(Self.hash))
        #expect(step.environment["TITLE"] == .text(Self.message))
    }

    @Test("have their own variables, which no other value takes")
    func names() throws {
        let step = Step(
            name: "a", commands: ["${steps.b.x} ${steps.b.y}"], environment: ["SLIPWAY_VALUE_1": "mine"])
        let scope = Scope(outputs: ["b": ["x": "a b", "y": "c d"]])
        let resolved = try step.resolved(in: scope, variables: ["SLIPWAY_VALUE_2": "stage's"])
        #expect(resolved.commands == ["${SLIPWAY_VALUE_3} ${SLIPWAY_VALUE_4}"])
        #expect(
            resolved.environment == [
                "SLIPWAY_VALUE_1": "mine", "SLIPWAY_VALUE_2": "stage's", "SLIPWAY_VALUE_3": "a b",
                "SLIPWAY_VALUE_4": "c d",
            ])
    }

    @Test("of a matrix wait until it is known whether a shell reads them")
    func matrix() throws {
        let source = """
            matrix: {SALT: ["a$b"], GO: ["1.22"]}
            steps: [{name: a, image: x, user: "x:${SALT}-${GO}", commands: ["echo ${SALT} ${GO} $${HOME} ${files[@]}"]}]
            """
        let stage = try DifferencesTests.compile(source).process.stages[0]
        let first = try stage.resolved(in: Scope(isPartial: true))
        let step = try first.steps[0].resolved(in: Scope(matrix: stage.matrix))
        #expect(step.user == "x:a$b-1.22")
        #expect(step.commands == ["echo ${SLIPWAY_VALUE_1} 1.22 ${HOME} ${files[@]}"])
        #expect(step.environment["SLIPWAY_VALUE_1"] == "a$b")
    }
}
