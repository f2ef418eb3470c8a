import Contracts
import FoundationEssentials
import Testing

@testable import PipelineLanguage

@Suite("Steps")
struct StepTests {
    @Test("give plugins their settings as variables")
    func plugin() {
        let step = Step(
            name: "publish", image: "plugins/s3",
            settings: [
                "bucket": .value("releases"), "dry-run": .value(true), "retries": .value(3),
                "factor": .value(.number(0.5)),
                "list": .value(["a", 1, false, .number(1.5)]), "nested": .value([["a": 1], "b"]),
                "map": .value(["b": [1, 2], "a": "x/y"]), "nothing": .value(.null), "empty": .value([]),
                "token": .secret("s3_token"), "gap": .value(["a", .null]), "none": .value([.null]),
                "gaps": .value(["a", .null, ["b": .null]]),
            ])
        #expect(
            step.pluginEnvironment == [
                "PLUGIN_BUCKET": "releases", "PLUGIN_DRY_RUN": "true", "PLUGIN_RETRIES": "3", "PLUGIN_FACTOR": "0.5",
                "PLUGIN_LIST": "a,1,false,1.5", "PLUGIN_NESTED": #"[{"a":1},"b"]"#,
                "PLUGIN_MAP": #"{"a":"x/y","b":[1,2]}"#, "PLUGIN_EMPTY": "", "PLUGIN_TOKEN": .secret("s3_token"),
                "PLUGIN_GAP": "a,", "PLUGIN_NONE": "", "PLUGIN_GAPS": #"["a",null,{"b":null}]"#,
            ])
    }

    @Test("are of a kind")
    func kinds() {
        #expect(Step(name: "a", commands: ["x"]).kind == .commands)
        #expect(Step(name: "a", image: "x", settings: ["a": .value(1)]).kind == .plugin)
        #expect(Step(name: "a", build: ImageBuild(repository: "x")).kind == .build)
        #expect(Step(name: "deploy", commands: ["x"]).kind == .commands)
        #expect(Step(name: "deploy", commands: ["x"]).deploysByCommands)
        #expect(!Step(name: "deploy", image: "alpine", commands: ["x"]).deploysByCommands)
        #expect(Step(name: "deploy", build: ImageBuild(repository: "x")).kind == .build)
        #expect(Step(name: "deploy", image: "alpine", commands: ["x"]).kind == .commands)
        let deploy = Deploy(environment: "production", container: "web", image: "x")
        #expect(Step(name: "a", deploy: deploy).kind == .deploy)
        #expect(Step(name: "a", deploy: deploy, outputs: ["x"]).outputNames == ["image", "revision", "x"])
    }

    @Test("name their secrets, and those of their stage")
    func secrets() {
        let step = Step(
            name: "a", environment: ["A": .secret("one"), "B": "text"], settings: ["c": .secret("two")],
            build: ImageBuild(repository: "x", arguments: ["D": .secret("three")], password: .secret("four")),
            deploy: Deploy(
                environment: "e", container: "c", image: "i", run: ContainerRun(environment: ["E": .secret("five")])))
        #expect(step.secretNames == ["one", "two", "three", "four", "five"])
        let stage = Stage(
            name: "s", environment: ["X": .secret("six")], imagePullSecrets: ["seven"],
            services: [Step(name: "db", environment: ["P": .secret("eight")])],
            steps: [step, Step(name: "b", environment: ["F": .secret("nine")])])
        #expect(stage.secretNames(of: ["b"]) == ["six", "seven", "eight", "nine"])
        #expect(stage.secretNames().count == 9)
        #expect(stage.step("db") != nil && stage.isService("db") && stage.step("x") == nil)
    }

    @Test("read workloads as kubectl writes them")
    func workloads() {
        #expect(Workload("deployment/web")?.description == "deployment/web")
        #expect(Workload("sts/db")?.kind == .statefulset && Workload("DaemonSet/agent")?.kind == .daemonset)
        for wrong in ["web", "deployment/", "pod/x", "a/b/c", ""] { #expect(Workload(wrong) == nil) }
    }

    @Test("from JSON that no compiler wrote are refused with a reason")
    func decoding() {
        for (json, problem) in [
            (#"{"version": 2, "name": "a", "stages": []}"#, "version 2 of a process is not known"),
            (
                #"{"name": "a", "stages": [{"name": "b", "steps": [{"step": "c", "deploy": {"environment": "e", "container": "c", "image": "i", "workload": "pod/x"}}]}]}"#,
                "not a workload such as deployment/web"
            ),
            (#"{"name": "a", "stages": [{"name": "b", "steps": [{"image": "c"}]}]}"#, "step"),
        ] {
            #expect {
                _ = try Wire.decode(PipelineLanguage.Process.self, from: Data(json.utf8))
            } throws: { error in
                "\(error)".contains(problem)
            }
        }
    }

    @Test("of a document that loads templates name them")
    func componentNames() {
        let text =
            "kind: template\nload: web.yaml\n---\nkind: template\nload: go\n---\nkind: template\nload: go.json\n---\nkind: pipeline\nload: x\n"
        #expect(Compiler.componentNames(source: text, path: ".drone.yml") == ["web", "go"])
        #expect(Compiler.componentNames(source: "kind: [", path: ".drone.yml") == [])
    }

    @Test("are resolved one by one by a worker")
    func oneByOne() throws {
        let step = Step(name: "a", image: "x:${TAG}", commands: ["echo ${steps.b.c}"])
        let resolved = try step.resolved(
            in: Scope(outputs: ["b": ["c": "d e"]]), variables: ["TAG": "1"])
        #expect(resolved.image == "x:1" && resolved.commands == ["echo ${SLIPWAY_VALUE_1}"])
        #expect(resolved.environment == ["TAG": "1", "SLIPWAY_VALUE_1": "d e"])
        #expect("\(JobKey(stage: "s", index: 1)) \(StepKey(stage: "s", step: "t"))" == "s#1 s/t")
        #expect("\(SkipReason(.stopped, "because"))" == "because")
    }

    @Test("name the expression that leaves no tag or no image, where the step runs")
    func unusable() throws {
        let image = Step(
            name: "image", build: ImageBuild(repository: "r.example/web", tags: ["latest", "${DRONE_TAG}"]))
        let run = Step(name: "run", image: "node:${VERSION}")
        let rollout = Step(
            name: "deploy", deploy: Deploy(environment: "e", container: "c", image: "r.example/web:${DRONE_TAG##v}"))
        // The platform does not know whether the step is skipped: it leaves it to the worker.
        for step in [image, run, rollout] {
            #expect(throws: Never.self) { try step.resolved(in: Scope(isPartial: true)) }
        }
        for (step, words) in [
            (image, "${DRONE_TAG} in build.tags: “” is not a valid tag"),
            (run, "node:${VERSION} in image: “node:” is not an image"),
            (rollout, "r.example/web:${DRONE_TAG##v} in deploy.image: “r.example/web:” is not an image"),
        ] {
            let error = #expect(throws: SubstitutionError.self) { try step.resolved(in: Scope()) }
            #expect(error?.code == .unusable)
            #expect(error?.description.hasPrefix(words) == true, "\(String(describing: error))")
        }
        let tagged = try image.resolved(in: Scope(environment: ["DRONE_TAG": "v1.0"]))
        #expect(tagged.build?.tags == ["latest", "v1.0"])
        let plus = #expect(throws: SubstitutionError.self) {
            try image.resolved(in: Scope(environment: ["DRONE_TAG": "v1+2"]))
        }
        #expect(plus?.description.contains("${DRONE_TAG} in build.tags: “v1+2” is not a valid tag") == true)
    }

    /// What the platform knows, the worker of the same run knows as well.
    @Test(
        "name the expression where the platform had a value for it already",
        arguments: [
            ("${parameters.tag}", "“” is not a valid tag"), ("${tag}", "“” is not a valid tag"),
            ("${EMPTY}", "“” is not a valid tag"),
            ("${matrix.none}", "“” is not a valid tag"), ("${tag:-}", "“” is not a valid tag"),
            ("${NAME##*}", "“” is not a valid tag"),
            ("${DRONE_BRANCH}", "“feature/x” is not a valid tag"), ("${OF_STAGE}", "“a b” is not a valid tag"),
            ("v${tag}+${steps.a.b}", "“v+c” is not a valid tag"), ("${tag:+x}", "“” is not a valid tag"),
        ])
    func unusableKnown(tag: String, problem: String) throws {
        let fields: [(String, Step)] = [
            ("build.tags", Step(name: "s", build: ImageBuild(repository: "r.example/web", tags: ["latest", tag]))),
            ("image", Step(name: "s", image: "node:\(tag)")),
            ("build.repository", Step(name: "s", build: ImageBuild(repository: "r.example/web:\(tag)"))),
            ("deploy.image", Step(name: "s", deploy: Deploy(environment: "e", container: "c", image: "web:\(tag)"))),
        ]
        for (field, step) in fields {
            let stage = Stage(
                name: "web", environment: ["OF_STAGE": "a b"], matrix: ["none": ""], steps: [step])
            var scope = Scope(
                environment: ["DRONE_BRANCH": "feature/x", "EMPTY": ""],
                parameters: ["tag": "", "parameters.tag": ""], isPartial: true)
            let planned = try stage.resolved(in: scope)
            scope.isPartial = false
            scope.matrix = stage.matrix
            scope.outputs = ["a": ["b": "c"]]
            let error = #expect(throws: SubstitutionError.self) {
                try planned.steps[0].resolved(in: scope, variables: planned.environment)
            }
            #expect(error?.code == .unusable && error?.field == field, "\(field): \(String(describing: error))")
            #expect(error?.expression.contains(tag) == true, "\(field): \(String(describing: error))")
            if field == "build.tags" { #expect(error?.problem.hasPrefix(problem) == true) }
        }
    }

    @Test("take no layers from an image that an expression leaves nothing of")
    func cacheOfNothing() throws {
        let step = Step(name: "s", build: ImageBuild(repository: "r/w", cacheFrom: ["${CACHE}", "${none}", "r/w:1"]))
        let planned = try step.resolved(in: Scope(parameters: ["none": ""], isPartial: true))
        #expect(try planned.resolved(in: Scope()).build?.cacheFrom == ["r/w:1"])
    }

    @Test("name the expression that leaves nothing of a name")
    func unusableNames() throws {
        let run = ContainerRun(ports: ["${p}"], volumes: [])
        let rollout = Deploy(environment: "e", container: "c", image: "web")
        func deploy(_ change: (inout Deploy) -> Void) -> Step {
            var deploy = rollout
            change(&deploy)
            return Step(name: "s", deploy: deploy)
        }
        let steps: [(Step, String)] = [
            (deploy { $0.environment = "${p}" }, "${p} in deploy.environment: “” is not a valid environment"),
            (deploy { $0.container = "${p}" }, "${p} in deploy.container: “” is not a valid container"),
            (
                deploy { $0.workload = Workload(kind: .deployment, name: "${p}") },
                "${p} in deploy.workload: “” is not a valid workload"
            ),
            (deploy { $0.run = run }, "${p} in deploy.run.ports: “” is not a valid port"),
            (
                deploy { $0.run = ContainerRun(volumes: ["${p}"]) },
                "${p} in deploy.run.volumes: “” is not a valid volume"
            ),
            (
                Step(name: "s", build: ImageBuild(repository: "r/w", platform: "${p}")),
                "${p} in build.platform: “” is not a valid platform"
            ),
        ]
        for (step, words) in steps {
            var scope = Scope(parameters: ["p": ""], isPartial: true)
            let planned = try step.resolved(in: scope)
            scope.isPartial = false
            let error = #expect(throws: SubstitutionError.self) { try planned.resolved(in: scope) }
            #expect(error?.description.hasPrefix(words) == true, "\(words): \(String(describing: error))")
        }
    }

    @Test("name the expression of a component whose parameters leave no image")
    func unusableComponent() throws {
        let component = try Compiler.compile(
            json: #"{"parameters": {"tag": ""}, "steps": [{"name": "a", "image": "node:${tag}", "commands": ["a"]}]}"#)
        let context = Compiler.Context(components: ["web": component])
        let error = #expect(throws: DiagnosticList.self) {
            try Compiler.compile(source: "kind: template\nload: web\n", path: ".drone.yml", context: context)
        }
        #expect(error?.description.contains("node:${tag} in image of step “a”: “node:” is not an image") == true)
        // What only a run knows is left to it.
        let later = try Compiler.compile(
            json:
                #"{"parameters": {"tag": ""}, "steps": [{"name": "a", "image": "node:${tag}${DRONE_TAG}", "commands": ["a"]}]}"#
        )
        let compiled = try Compiler.compile(
            source: "kind: template\nload: web\n", path: ".drone.yml",
            context: Compiler.Context(components: ["web": later]))
        #expect(compiled.process.stages[0].steps[0].image == "node:${DRONE_TAG}")
    }

    @Test("read times and sizes")
    func units() {
        for (text, seconds) in [
            ("90", 90), ("90s", 90), ("10m", 600), ("1h 30m", 5400), ("2 days", 172_800), ("1h30m5s", 5405),
            ("1 week", 604_800), (" 5 min", 300), ("0", 0),
        ] { #expect(DurationText.seconds(text) == seconds, "\(text)") }
        for text in ["", "x", "1 2", "5y", "m", "-5", "1h90", "99999999999999999999", "9999999999999d"] {
            #expect(DurationText.seconds(text) == nil, "\(text)")
        }
        for (text, bytes) in [
            ("1024", 1024), ("1k", 1024), ("512m", 536_870_912), ("1.5GiB", 1_610_612_736), ("2 g", 2_147_483_648),
            ("1TB", 1_099_511_627_776), ("7b", 7),
        ] as [(String, Int64)] { #expect(SizeText.bytes(text) == bytes, "\(text)") }
        for text in ["", "g", "1x", "-1", "1e30t", "9999999999999t"] { #expect(SizeText.bytes(text) == nil, "\(text)") }
    }

    @Test("check parameters")
    func parameters() throws {
        let process = Process(
            name: "p",
            parameters: [
                "level": Parameter(standard: "info", allowed: ["debug", "info"]), "count": Parameter(kind: .number),
                "dry": Parameter(kind: .boolean, standard: "false"),
            ], stages: [])
        #expect(
            try process.parameterValues(given: ["count": "3", "level": "debug"])
                == ["count": "3", "level": "debug", "dry": "false"])
        #expect {
            _ = try process.parameterValues(given: ["levle": "x", "dry": "yes", "level": "trace"])
        } throws: { error in
            let text = "\(error)"
            return text.contains("no parameter “levle”; did you mean “level”?")
                && text.contains("“count” needs a value")
                && text.contains("“dry” is true or false, not “yes”")
                && text.contains("“level” is debug or info, not “trace”")
        }
    }

    @Test("know the variables of a run")
    func variables() throws {
        var trigger = Trigger(
            id: MessageID(rawValue: "m"), event: .tag, repository: RepositoryPath(rawValue: "group/shop/web"),
            ref: "refs/tags/v1.0", sender: "anna")
        let commit = Commit(
            sha: "0123456789abcdef0123456789abcdef01234567", message: "Say hello", authorName: "Anna",
            authorEmail: "anna@example.org", committedAt: Timestamp(milliseconds: 0))
        var variables = RunVariables(
            trigger: trigger, commit: commit, run: RunID(rawValue: "r1"), number: 7,
            instanceURL: "https://slipway.example",
            cloneURL: "https://git.example/shop/web.git", defaultBranch: "main",
            createdAt: Timestamp(milliseconds: 5000))
        let stage = Stage(
            name: "test", platform: Platform(os: "linux", arch: "arm64"), dependsOn: ["a", "b"],
            matrix: ["GO": "1.22", "a-b": "no variable"], steps: [])
        let environment = variables.environment(stage: stage)
        for (name, value) in [
            "CI": "true", "DRONE_TAG": "v1.0", "DRONE_COMMIT_SHA": commit.sha, "SLIPWAY_COMMIT_SHORT": "01234567",
            "DRONE_REPO": "group/shop/web", "DRONE_REPO_NAME": "web", "DRONE_REPO_OWNER": "group/shop",
            "DRONE_BUILD_NUMBER": "7", "DRONE_BUILD_EVENT": "tag", "DRONE_BUILD_CREATED": "5",
            "DRONE_BUILD_LINK": "https://slipway.example/runs/r1", "DRONE_STAGE_NAME": "test",
            "DRONE_STAGE_ARCH": "arm64",
            "DRONE_STAGE_DEPENDS_ON": "a,b", "GO": "1.22", "DRONE_COMMIT_AUTHOR": "anna",
            "DRONE_COMMIT_AUTHOR_NAME": "Anna",
        ] { #expect(environment[name] == value, "\(name)") }
        #expect(environment["DRONE_BRANCH"] == nil && environment["a-b"] == nil)
        trigger.event = .push
        trigger.branch = "main"
        trigger.ref = "refs/heads/main"
        variables.trigger = trigger
        #expect(variables.environment()["DRONE_BRANCH"] == "main" && variables.environment()["DRONE_TAG"] == nil)
        // Every dotted name has its variable in some run.
        for variable in Scope.aliases.values { #expect(Scope.isReserved(variable)) }
    }
}
