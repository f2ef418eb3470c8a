import Contracts
import Testing

@testable import PipelineLanguage

@Suite("Expressions")
struct SubstitutionTests {
    let scope = Scope(
        environment: [
            "DRONE_TAG": "v1.2.3", "DRONE_BRANCH": "feature/Log-In", "DRONE_COMMIT_SHA": "0123456789abcdef",
            "DRONE_COMMIT_MESSAGE": "Fix $(rm -rf /) \"it\"", "DRONE_EMPTY": "", "PATHS": "/usr/local/bin/tool.tar.gz",
            "SLIPWAY_COMMIT_SHORT": "01234567", "DRONE_REPO": "shop/web",
        ],
        parameters: ["image": "harbor.example/web", "dry-run": "true"], matrix: ["GO": "1.22"],
        outputs: ["image": ["digest": "sha256:aa"], "build-it.all": ["out": "x"]])

    @Test(
        "stand for their values",
        arguments: [
            ("plain", "plain"), ("${DRONE_TAG}", "v1.2.3"), ("a${DRONE_TAG}b", "av1.2.3b"),
            ("$DRONE_TAG", "$DRONE_TAG"), ("$${DRONE_TAG}", "${DRONE_TAG}"), ("$$", "$$"), ("${", "${"),
            ("${}", "${}"), ("${1}", "${1}"), ("${!x}", "${!x}"), ("${DRONE_TAG", "${DRONE_TAG"), ("", ""),
            // length and case
            ("${#DRONE_TAG}", "6"), ("${#DRONE_NONE}", "0"), ("${DRONE_BRANCH^}", "Feature/Log-In"),
            ("${DRONE_BRANCH^^}", "FEATURE/LOG-IN"), ("${DRONE_BRANCH,,}", "feature/log-in"),
            ("${DRONE_BRANCH,}", "feature/Log-In"),
            // substrings
            ("${DRONE_COMMIT_SHA:0:8}", "01234567"), ("${DRONE_COMMIT_SHA:8}", "89abcdef"),
            ("${DRONE_COMMIT_SHA: -4}", "cdef"), ("${DRONE_COMMIT_SHA: -4:2}", "cd"),
            ("${DRONE_COMMIT_SHA:2:-10}", "2345"), ("${DRONE_COMMIT_SHA:99}", ""), ("${DRONE_TAG:0:99}", "v1.2.3"),
            // defaults
            ("${DRONE_NONE:-x}", "x"), ("${DRONE_NONE-x}", "x"), ("${DRONE_EMPTY:-x}", "x"), ("${DRONE_EMPTY-x}", ""),
            ("${DRONE_NONE=x}", "x"), ("${DRONE_NONE:=x}", "x"), ("${DRONE_TAG:-x}", "v1.2.3"),
            ("${OTHER:-x y}", "x y"),
            ("${DRONE_TAG:+yes}", "yes"), ("${DRONE_NONE:+yes}", ""), ("${DRONE_EMPTY+yes}", "yes"),
            ("${DRONE_EMPTY:+yes}", ""), ("${lower:-${DRONE_TAG}}", "v1.2.3"), ("${DRONE_NONE:-a\\}b}", "a}b"),
            ("${DRONE_NONE:-${OTHER:-${DRONE_TAG#v}}}", "1.2.3"),
            // prefixes and suffixes
            ("${DRONE_TAG#v}", "1.2.3"), ("${DRONE_TAG##v}", "1.2.3"), ("${DRONE_TAG#x}", "v1.2.3"),
            ("${PATHS##*/}", "tool.tar.gz"), ("${PATHS#*/}", "usr/local/bin/tool.tar.gz"),
            ("${PATHS%.*}", "/usr/local/bin/tool.tar"), ("${PATHS%%.*}", "/usr/local/bin/tool"),
            ("${PATHS%/*}", "/usr/local/bin"), ("${DRONE_TAG%[0-9]}", "v1.2."), ("${DRONE_TAG%%[!v]*}", "v"),
            ("${DRONE_TAG#?}", "1.2.3"),
            // replacements
            ("${DRONE_BRANCH/feature\\//}", "Log-In"), ("${PATHS//\\//-}", "-usr-local-bin-tool.tar.gz"),
            ("${DRONE_TAG/./-}", "v1-2.3"), ("${DRONE_TAG//./-}", "v1-2-3"), ("${DRONE_TAG/#v/V}", "V1.2.3"),
            ("${DRONE_TAG/#1/x}", "v1.2.3"), ("${DRONE_TAG/%3/4}", "v1.2.4"), ("${DRONE_TAG/%2/4}", "v1.2.3"),
            ("${DRONE_TAG//[0-9]}", "v.."), ("${DRONE_TAG/x/y}", "v1.2.3"),
            // dotted names
            ("${parameters.image}:${commit.short}", "harbor.example/web:01234567"), ("${image}", "harbor.example/web"),
            ("${parameters.dry-run}", "true"), ("${matrix.GO} ${GO}", "1.22 1.22"),
            ("${steps.image.digest}", "sha256:aa"),
            ("${steps.build-it.all.out}", "x"), ("${commit.tag#v}", "1.2.3"), ("${repo.path}", "shop/web"),
            // known, and empty now
            ("[${DRONE_PULL_REQUEST}]", "[]"), ("[${commit.author}]", "[]"), ("[${UNKNOWN}]", "[]"),
        ])
    func values(text: String, expected: String) throws {
        #expect(try Substitution.apply(to: text, in: scope) == expected)
    }

    @Test(
        "leave to the shell what it has to treat as data",
        arguments: [
            ("echo ${DRONE_TAG}", "echo v1.2.3"), ("echo ${DRONE_COMMIT_SHA:0:8}", "echo 01234567"),
            ("echo ${DRONE_COMMIT_MESSAGE}", "echo ${DRONE_COMMIT_MESSAGE}"),
            ("echo ${commit.message}", "echo ${DRONE_COMMIT_MESSAGE}"),
            ("echo ${FOO} ${FOO:-x}", "echo ${FOO} ${FOO:-x}"),
            ("for i in ${items[@]}; do echo $i; done", "for i in ${items[@]}; do echo $i; done"),
            ("echo ${lower} ${lower%.*}", "echo ${lower} ${lower%.*}"), ("echo $${DRONE_TAG}", "echo ${DRONE_TAG}"),
            ("docker pull ${image}", "docker pull harbor.example/web"), ("echo ${DRONE_NONE}", "echo "),
            ("echo ${DRONE_NONE:-$(date)}", "echo $(date)"), ("awk '{print $1}'", "awk '{print $1}'"),
        ])
    func shell(text: String, expected: String) throws {
        #expect(try Substitution.apply(to: text, in: scope, context: .shell) == expected)
    }

    @Test(
        "say what is wrong",
        arguments: [
            ("${steps.image.digets}", "did you mean “digest”?"), ("${steps.imge.digest}", "did you mean “image”?"),
            ("${steps.image}", "no output of a step"), ("${parameters.imag}", "did you mean “image”?"),
            ("${imag}", "did you mean “image”?"), ("${matrix.NODE}", "there are GO"),
            ("${commit.sah}", "did you mean “commit.sha”?"),
            ("${DRONE_NONE:?a tag is needed}", "a tag is needed"), ("${DRONE_EMPTY:?}", "it has no value"),
        ])
    func errors(text: String, problem: String) {
        #expect {
            _ = try Substitution.apply(to: text, in: scope)
        } throws: { error in
            "\(error)".contains(problem) && "\(error)".contains(text)
        }
    }

    @Test(
        "come out of two passes as out of one",
        arguments: [
            "${parameters.image} ${steps.later.out} $${HOME} ${UNKNOWN:-x}", "${DRONE_COMMIT_MESSAGE}", "${TRICK}",
            "${DOLLAR}{DRONE_TAG}", "$${DOLLAR}", "$$${TRICK}", "${DRONE_NONE:-$${x}}", "${DOLLAR}${DOLLAR}{x}",
            "${steps.later.out:-${parameters.image}}", "${parameters.image%${steps.later.out}}",
        ])
    func twoPasses(text: String) throws {
        var all = scope
        all.environment["TRICK"] = "${DRONE_TAG} $${x} {"
        all.environment["DOLLAR"] = "$"
        all.outputs["later"] = ["out": "web"]
        let expected = try Substitution.apply(to: text, in: all)

        var first = all
        first.isPartial = true
        first.outputs["later"] = nil
        let between = try Substitution.apply(to: text, in: first)
        let second = Scope(environment: all.environment, parameters: all.parameters, outputs: all.outputs)
        #expect(try Substitution.apply(to: between, in: second) == expected, "between: \(between)")
    }

    @Test("are bounded in size and work")
    func bounds() {
        let long = Scope(environment: ["A": String(repeating: "a", count: 60_000)])
        for text in [
            "${A//a/${A}}", String(repeating: "${A}", count: 40), "${A//*a*b/x}", "${A%a*b}",
            "${A##\(String(repeating: "*a", count: 400))b}",
        ] {
            #expect(throws: SubstitutionError.self) { try Substitution.apply(to: text, in: long) }
        }
        let deep = String(repeating: "${x:-", count: 5_000) + String(repeating: "}", count: 5_000)
        #expect(throws: Never.self) { try Substitution.apply(to: deep, in: long) }
    }

    @Test("name where they are")
    func fields() throws {
        let step = Step(name: "image", build: ImageBuild(repository: "a", tags: ["${steps.nothing.x}"]))
        let stage = Stage(name: "web", steps: [step])
        #expect {
            _ = try stage.resolved(in: scope)
        } throws: { error in
            "\(error)".contains("${steps.nothing.x} in build.tags of step “image”: there is no")
        }
        #expect(Substitution.names(in: "${a.b} ${C:-d} x") == ["a.b", "C"])
    }

    @Test("are replaced in every field of a step and its stage")
    func everyField() throws {
        let value = "${parameters.image}"
        let step = Step(
            name: "all", image: value, commands: [value], command: [value], entrypoint: [value],
            environment: ["A": .text(value), "S": .secret("s")],
            settings: ["a": .value(.object(["b": .array([.string(value), 1])])), "s": .secret("s")], user: value,
            workingDirectory: value, mounts: [Mount(name: "v", path: value)], extraHosts: [value], networkMode: value,
            build: ImageBuild(
                context: value, dockerfile: value, repository: value, tags: [value], target: value,
                arguments: ["A": .text(value)], labels: ["l": value], cacheFrom: [value], platform: value,
                username: .text(value), password: .secret("p")),
            deploy: Deploy(
                environment: value, workload: Workload(kind: .deployment, name: value), namespace: value,
                container: value, image: value, cluster: value,
                run: ContainerRun(
                    ports: [value], environment: ["A": .text(value)], volumes: [value], network: value,
                    command: [value])), cache: [Cache(key: value, paths: [value], fallback: [value])],
            artifacts: Artifacts(name: value, paths: [value]))
        let stage = Stage(
            name: "stage", node: ["a": value], environment: ["A": .text(value)],
            workspace: Workspace(base: value, path: value),
            volumes: [Volume(name: "v", source: .host(path: value))], services: [step], steps: [step])
        let json = String(
            decoding: try Process(name: "p", stages: [stage.resolved(in: scope)]).canonicalJSON(), as: UTF8.self)
        #expect(!json.contains("${"))
        #expect(json.contains("harbor.example/web"))
    }

    @Test("find the variables of the step and its stage")
    func variables() throws {
        let stage = Stage(
            name: "s", environment: ["VERSION": "2", "TAG": "v${DRONE_TAG#v}"], matrix: ["OS": "linux"],
            steps: [Step(name: "a", image: "tool:${VERSION}-${TAG}-${matrix.OS}", environment: ["VERSION": "3"])])
        #expect(try stage.resolved(in: scope).steps[0].image == "tool:3-v1.2.3-linux")
    }
}
