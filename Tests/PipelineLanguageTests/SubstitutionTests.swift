import Contracts
import Testing

@testable import PipelineLanguage

@Suite("Expressions")
struct SubstitutionTests {
    let scope = Scope(
        environment: [
            "DRONE_TAG": "v1.2.3", "DRONE_BRANCH": "feature/Log-In", "DRONE_COMMIT_SHA": "0123456789abcdef",
            "DRONE_COMMIT_MESSAGE": "Fix $(rm -rf /) \"it\"", "DRONE_EMPTY": "", "PATHS": "/usr/local/bin/tool.tar.gz",
            "SLIPWAY_COMMIT_SHORT": "01234567", "DRONE_REPO": "shop/web", "N": "2", "DASHED": "a-b-c", "BACK": "C:\\x",
            "STARS": "a*b*",
        ],
        parameters: ["image": "harbor.example/web", "dry-run": "true"], matrix: ["GO": "1.22"],
        outputs: ["image": ["digest": "sha256:aa"], "build-it.all": ["out": "x"]])

    @Test(
        "stand for their values",
        arguments: [
            ("plain", "plain"), ("${DRONE_TAG}", "v1.2.3"), ("a${DRONE_TAG}b", "av1.2.3b"),
            ("$DRONE_TAG", "$DRONE_TAG"), ("$${DRONE_TAG}", "${DRONE_TAG}"), ("${", "${"),
            // two dollars are one, wherever they are
            ("$$", "$"), ("$$HOME", "$HOME"), ("$$$$", "$$"), ("a$$b$$", "a$b$"), ("$$$DRONE_TAG", "$$DRONE_TAG"),
            ("$$${DRONE_TAG}", "$v1.2.3"), ("$$$${DRONE_TAG}", "$${DRONE_TAG}"), ("${OTHER:-$$x}", "$x"),
            ("$(cmd)", "$(cmd)"), ("$2a$12$abc", "$2a$12$abc"), ("awk '{print $$2}'", "awk '{print $2}'"),
            ("${}", "${}"), ("${1}", "${1}"), ("${!x}", "${!x}"), ("${DRONE_TAG", "${DRONE_TAG"), ("", ""),
            // length and case
            ("${#DRONE_TAG}", "6"), ("${#DRONE_NONE}", "0"), ("${DRONE_BRANCH^}", "Feature/Log-In"),
            ("${DRONE_BRANCH^^}", "FEATURE/LOG-IN"), ("${DRONE_BRANCH,,}", "feature/log-in"),
            ("${DRONE_BRANCH,}", "feature/Log-In"),
            // substrings
            ("${DRONE_COMMIT_SHA:0:8}", "01234567"), ("${DRONE_COMMIT_SHA:8}", "89abcdef"),
            ("${DRONE_COMMIT_SHA: -4}", "cdef"), ("${DRONE_COMMIT_SHA: -4:2}", "cd"),
            ("${DRONE_COMMIT_SHA:2:-10}", "2345"), ("${DRONE_COMMIT_SHA:99}", ""), ("${DRONE_TAG:0:99}", "v1.2.3"),
            ("${DRONE_COMMIT_SHA::8}", "01234567"), ("${DRONE_COMMIT_SHA:${N}:8}", "23456789"),
            ("${DRONE_COMMIT_SHA:0:${N}}", "01"), ("${DRONE_COMMIT_SHA:${DRONE_NONE:-4}:2}", "45"),
            ("${DRONE_COMMIT_SHA: -${N}}", "ef"),
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
            ("${DRONE_TAG#?}", "1.2.3"), ("${DRONE_TAG%[}", "v1.2.3"), ("${PATHS#\\/}", "usr/local/bin/tool.tar.gz"),
            ("${PATHS%%bin**z}", "/usr/local/"), ("${DRONE_TAG#[v-]}", "1.2.3"),
            // replacements
            ("${DRONE_BRANCH/feature\\//}", "Log-In"), ("${PATHS//\\//-}", "-usr-local-bin-tool.tar.gz"),
            ("${DRONE_TAG/./-}", "v1-2.3"), ("${DRONE_TAG//./-}", "v1-2-3"), ("${DRONE_TAG/#v/V}", "V1.2.3"),
            ("${DRONE_TAG/#1/x}", "v1.2.3"), ("${DRONE_TAG/%3/4}", "v1.2.4"), ("${DRONE_TAG/%2/4}", "v1.2.3"),
            ("${DRONE_TAG//[0-9]}", "v.."), ("${DRONE_TAG/x/y}", "v1.2.3"),
            ("${DASHED/-/\\/}", "a/b-c"), ("${DASHED//-/\\/}", "a/b/c"), ("${DASHED/a/\\\\}", "\\-b-c"),
            ("${DASHED//-/\\}}", "a}b}c"), ("${DASHED/a/\\n}", "\\n-b-c"), ("${BACK//\\\\/\\/}", "C:/x"),
            ("${BACK//\\\\/\\\\\\\\}", "C:\\\\x"), ("${STARS//\\*/-}", "a-b-"),
            ("${DASHED//-/${DRONE_TAG}}", "av1.2.3bv1.2.3c"),
            ("${DRONE_NONE:-a\\\\}", "a\\\\"), ("${DRONE_NONE:-C:\\x}", "C:\\x"),
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
            ("test -n \"$$VERSION\"", "test -n \"$VERSION\""), ("awk '{print $$2}'", "awk '{print $2}'"),
            ("echo ${DRONE_COMMIT_SHA:${i}:8}", "echo ${DRONE_COMMIT_SHA:${i}:8}"),
            ("echo ${DRONE_COMMIT_SHA:i:8} ${word:i}", "echo ${DRONE_COMMIT_SHA:i:8} ${word:i}"),
            ("echo ${word:-$$HOME} ${word:-$$(date)}", "echo ${word:-$HOME} ${word:-$(date)}"),
            ("echo ${word:-$$$$} ${word:-a\\$$b}", "echo ${word:-$$} ${word:-a\\$b}"),
            ("echo ${DRONE_COMMIT_SHA:0:$$n} ${word:$$n}", "echo ${DRONE_COMMIT_SHA:0:$n} ${word:$n}"),
        ])
    func shell(text: String, expected: String) throws {
        #expect(try Substitution.apply(to: text, in: scope, context: .shell) == expected)
        // What the first pass leaves says the same in the second.
        let first = try Substitution.apply(to: text, in: Scope(isPartial: true), context: .shell)
        #expect(try Substitution.apply(to: first, in: scope, context: .shell) == expected)
    }

    @Test(
        "say what is wrong",
        arguments: [
            ("${steps.image.digets}", "did you mean “digest”?"), ("${steps.imge.digest}", "did you mean “image”?"),
            ("${steps.image}", "no output of a step"), ("${parameters.imag}", "did you mean “image”?"),
            ("${imag}", "did you mean “image”?"), ("${matrix.NODE}", "there are GO"),
            ("${commit.sah}", "did you mean “commit.sha”?"),
            ("${DRONE_NONE:?a tag is needed}", "a tag is needed"), ("${DRONE_EMPTY:?}", "it has no value"),
            ("${DRONE_COMMIT_SHA:x}", "“x” is not a number"), ("${DRONE_COMMIT_SHA:0:y}", "“y” is not a number"),
            ("${DRONE_COMMIT_SHA:${DRONE_TAG}}", "“v1.2.3” is not a number"),
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
            "$$", "$$$$x ${steps.later.out}", "$$HOME $HOME ${files[@]} ${!x}", "${DOLLAR}$${DOLLAR}", "$$${DOLLAR}",
            "${DOLLAR}$$", "$HOME${DOLLAR}{x}", "${steps.later.out/${DOLLAR}/${BRACE}}", "${x:-${BRACE}",
            "${steps.later.none:-${BRACE}${DOLLAR}{DRONE_TAG\\}}", "${steps.later.out//b/${BACK}}",
            "${steps.later.out#${BACK}}", "${steps.later.out:${N}:1}", "${LATER:-${steps.later.out}$$$$}",
            "${steps.later.out%%${parameters.image}*}", "${steps.later.out:+a\\}${BRACE}b}",
        ])
    func twoPasses(text: String) throws {
        var all = scope
        all.environment["TRICK"] = "${DRONE_TAG} $${x} {"
        all.environment["DOLLAR"] = "$"
        all.environment["BRACE"] = "}"
        all.outputs["later"] = ["out": "web", "none": ""]
        let expected = try Substitution.apply(to: text, in: all)

        var first = all
        first.isPartial = true
        first.outputs["later"] = nil
        let between = try Substitution.apply(to: text, in: first)
        // As many first passes as you like make no difference.
        let second = Scope(environment: all.environment, parameters: all.parameters, outputs: all.outputs)
        #expect(try Substitution.apply(to: between, in: second) == expected, "between: \(between)")
        let again = try Substitution.apply(to: between, in: first)
        #expect(try Substitution.apply(to: again, in: second) == expected, "between: \(again)")
    }

    @Test(
        "that wait have in them what only the first pass knows",
        arguments: [
            ("${steps.later.out:-${parameters.image}}", "${steps.later.out:-harbor.example/web}"),
            ("${steps.later.out:-${odd}x}", "${steps.later.out:-$$a\\}/x}"),
            ("${steps.later.out//${odd}/${odd}}", "${steps.later.out//$$a\\}\\//$$a\\}/}"),
            ("${LATER:+${LATER:-${parameters.dry-run}}}", "${LATER:+${LATER:-true}}"),
            ("${LATER:${MUCH_LATER}:${two}}", "${LATER:${MUCH_LATER}:2}"), ("${LATER#${odd}*}", "${LATER#$$a\\}\\/*}"),
            ("${LATER%%$$x}", "${LATER%%$$x}"), ("${LATER:?${image} $$}", "${LATER:?harbor.example/web $$}"),
        ])
    func kept(text: String, expected: String) throws {
        var first = scope
        first.isPartial = true
        first.parameters["odd"] = "$a}/"
        first.parameters["two"] = "2"
        #expect(try Substitution.apply(to: text, in: first) == expected)
    }

    @Test("are bounded in size and work")
    func bounds() {
        let long = Scope(environment: ["A": String(repeating: "a", count: 60_000)])
        for text in [
            "${A//a/${A}}", String(repeating: "${A}", count: 40), "${A//a*b/x}",
            "${A##\(String(repeating: "*a", count: 400))b}",
        ] {
            #expect(throws: SubstitutionError.self) { try Substitution.apply(to: text, in: long) }
        }
        // One look is enough for these, from the front or from the back.
        for text in ["${A//*a*b/x}", "${A%a*b}", "${A%%a*b}", "${A/%a*b/x}", "${A#a*b}"] {
            #expect(throws: Never.self) { try Substitution.apply(to: text, in: long) }
        }
        let deep = String(repeating: "${x:-", count: 5_000) + String(repeating: "}", count: 5_000)
        #expect(throws: Never.self) { try Substitution.apply(to: deep, in: long) }
    }

    @Test("are bounded over all the texts of a process")
    func boundsOfAProcess() throws {
        let message = String(repeating: "a", count: 4_000)
        let scope = Scope(environment: ["DRONE_COMMIT_MESSAGE": message], isPartial: true)
        for text in ["${DRONE_COMMIT_MESSAGE}", "${DRONE_COMMIT_MESSAGE//a*b/x}"] {
            let steps = (0..<10_000).map { Step(name: "\($0)", image: text) }
            let process = Process(name: "p", stages: [Stage(name: "s", steps: steps)])
            #expect {
                _ = try process.resolved { _ in scope }
            } throws: { error in
                (error as? SubstitutionError)?.code == .tooLarge
            }
        }
        let few = Process(
            name: "p", stages: [Stage(name: "s", steps: [Step(name: "a", image: "${DRONE_COMMIT_MESSAGE}")])])
        #expect(try few.resolved { _ in scope }.stages[0].steps[0].image == message)
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
        #expect(Substitution.names(in: "${a.b} ${C:-${d}} x ${E:${f}}") == ["a.b", "C", "d", "E", "f"])
    }

    @Test("are replaced in every field of a step and its stage")
    func everyField() throws {
        let value = "${parameters.image}"
        let matcher = Matcher(include: [value], exclude: [value])
        let condition = Condition(
            branch: matcher, event: matcher, ref: matcher, repo: matcher, instance: matcher, target: matcher,
            cron: matcher, action: matcher, paths: matcher, status: [.failure])
        let step = Step(
            name: "all", image: value, commands: [value], command: [value], entrypoint: [value],
            shell: value, environment: ["A": .text(value), "S": .secret(value)],
            settings: ["a": .value(.object(["b": .array([.string(value), 1])])), "s": .secret(value)],
            when: condition, user: value,
            workingDirectory: value, mounts: [Mount(name: "v", path: value)],
            devices: [Mount(name: "v", path: value)], dns: [value], dnsSearch: [value], extraHosts: [value],
            networkMode: value,
            build: ImageBuild(
                context: value, dockerfile: value, repository: value, tags: ["${commit.short}"], target: value,
                arguments: ["A": .text(value)], labels: ["l": value], cacheFrom: [value], platform: value,
                username: .text(value), password: .secret(value)),
            deploy: Deploy(
                environment: value, workload: Workload(kind: .deployment, name: value), namespace: value,
                container: value, image: value, cluster: value,
                run: ContainerRun(
                    ports: [value], environment: ["A": .text(value)], volumes: [value], network: value,
                    command: [value], health: Probe(path: value, command: [value]))),
            cache: [Cache(key: value, files: [value], paths: [value], fallback: [value])],
            artifacts: Artifacts(name: value, paths: [value]), ready: Probe(path: value, command: [value]))
        var service = step
        // That of a service means nothing and stays.
        service.when = .always
        let stage = Stage(
            name: "stage", platform: Platform(os: value, arch: value, variant: value, version: value),
            node: ["a": value], environment: ["A": .text(value)], imagePullSecrets: [value],
            workspace: Workspace(base: value, path: value),
            volumes: [Volume(name: "v", source: .host(path: value))], services: [service],
            trigger: condition, steps: [step])
        let json = String(
            decoding: try Process(name: "p", stages: [stage.resolved(in: scope)]).canonicalJSON(), as: UTF8.self)
        #expect(!json.contains("${"))
        #expect(json.contains("harbor.example/web"))
    }

    @Test("in conditions are replaced before anything is planned, and match nothing where they have no value")
    func conditions() throws {
        let process = try PlannerTests.process(
            """
            parameters: {branch: main, event: [push, tag]}
            trigger: {branch: "${branch}"}
            steps:
            - {name: a, image: x, commands: [a], when: {event: "${parameters.event}", ref: "refs/heads/${DRONE_BRANCH}"}}
            - {name: b, image: x, commands: [a], when: {target: "${DRONE_DEPLOY_TO}"}}
            - {name: c, image: x, commands: [a], when: {branch: {exclude: ["${DRONE_NONE}"]}}}
            """)
        func plan(_ branch: String) throws -> Plan {
            var process = process
            let scope = Scope(
                environment: ["DRONE_BRANCH": "main"], parameters: ["branch": branch, "event": "push"],
                isPartial: true)
            process.stages[0] = try process.stages[0].resolved(in: scope)
            return Plan(process, facts: PlannerTests.push)
        }
        let texts = try plan("main").stages[0].steps.map(\.skipped?.text)
        #expect(texts == [nil, "when.target: there is none, wanted ${DRONE_DEPLOY_TO}", nil])
        #expect(try plan("dev").stages[0].skipped?.text == "trigger.branch: “main” is not dev")
        // Nobody has put anything in: nothing is like an expression.
        #expect(
            Plan(process, facts: PlannerTests.push).stages[0].skipped?.text
                == "trigger.branch: “main” is not ${branch}")
    }

    @Test("that are never closed do not keep those behind them from being read, unless they are very many")
    func unclosed() throws {
        let few = String(repeating: "${x:-", count: 3) + " ${DRONE_TAG}"
        #expect(try Substitution.apply(to: few, in: scope) == String(repeating: "${x:-", count: 3) + " v1.2.3")
        // Each is tried once for every one around it, so that the work is bounded and not the meaning.
        for count in [1_000, 10_000, 40_000] {
            let many = String(repeating: "${x:-", count: count)
            #expect(try Substitution.apply(to: many, in: scope) == many)
        }
    }
}
