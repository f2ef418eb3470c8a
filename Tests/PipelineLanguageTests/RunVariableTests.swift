import Contracts
import Testing

@testable import PipelineLanguage

@Suite("The variables of a run")
struct RunVariableTests {
    /// Drone's own reference of the variables it sets.
    static let reference = """
        CI DRONE DRONE_BRANCH DRONE_BUILD_ACTION DRONE_BUILD_CREATED DRONE_BUILD_EVENT DRONE_BUILD_FINISHED
        DRONE_BUILD_LINK DRONE_BUILD_NUMBER DRONE_BUILD_PARENT DRONE_BUILD_STARTED DRONE_BUILD_STATUS
        DRONE_BUILD_TRIGGER DRONE_CALVER DRONE_COMMIT DRONE_COMMIT_AFTER DRONE_COMMIT_AUTHOR
        DRONE_COMMIT_AUTHOR_AVATAR DRONE_COMMIT_AUTHOR_EMAIL DRONE_COMMIT_AUTHOR_NAME DRONE_COMMIT_BEFORE
        DRONE_COMMIT_BRANCH DRONE_COMMIT_LINK DRONE_COMMIT_MESSAGE DRONE_COMMIT_REF DRONE_COMMIT_SHA DRONE_DEPLOY_TO
        DRONE_FAILED_STAGES DRONE_FAILED_STEPS DRONE_GIT_HTTP_URL DRONE_GIT_SSH_URL DRONE_PULL_REQUEST
        DRONE_PULL_REQUEST_TITLE DRONE_REMOTE_URL DRONE_REPO DRONE_REPO_BRANCH DRONE_REPO_LINK DRONE_REPO_NAME
        DRONE_REPO_NAMESPACE DRONE_REPO_OWNER DRONE_REPO_PRIVATE DRONE_REPO_SCM DRONE_REPO_VISIBILITY DRONE_SEMVER
        DRONE_SEMVER_BUILD DRONE_SEMVER_ERROR DRONE_SEMVER_MAJOR DRONE_SEMVER_MINOR DRONE_SEMVER_PATCH
        DRONE_SEMVER_PRERELEASE DRONE_SEMVER_SHORT DRONE_SOURCE_BRANCH DRONE_STAGE_ARCH DRONE_STAGE_DEPENDS_ON
        DRONE_STAGE_FINISHED DRONE_STAGE_KIND DRONE_STAGE_MACHINE DRONE_STAGE_NAME DRONE_STAGE_NUMBER DRONE_STAGE_OS
        DRONE_STAGE_STARTED DRONE_STAGE_STATUS DRONE_STAGE_TYPE DRONE_STAGE_VARIANT DRONE_STEP_NAME DRONE_STEP_NUMBER
        DRONE_SYSTEM_HOST DRONE_SYSTEM_HOSTNAME DRONE_SYSTEM_PROTO DRONE_SYSTEM_VERSION DRONE_TAG DRONE_TARGET_BRANCH
        """.split { $0 == " " || $0 == "\n" }.map(String.init)

    /// Those of them that were never set before there was a table.
    static let onceMissing = """
        DRONE_BUILD_FINISHED DRONE_BUILD_PARENT DRONE_BUILD_STARTED DRONE_BUILD_STATUS DRONE_CALVER
        DRONE_COMMIT_AUTHOR_AVATAR DRONE_COMMIT_LINK DRONE_FAILED_STAGES DRONE_FAILED_STEPS DRONE_GIT_SSH_URL
        DRONE_PULL_REQUEST DRONE_PULL_REQUEST_TITLE DRONE_REPO_LINK DRONE_REPO_PRIVATE DRONE_REPO_VISIBILITY
        DRONE_SEMVER DRONE_SEMVER_BUILD DRONE_SEMVER_ERROR DRONE_SEMVER_MAJOR DRONE_SEMVER_MINOR DRONE_SEMVER_PATCH
        DRONE_SEMVER_PRERELEASE DRONE_SEMVER_SHORT DRONE_STAGE_FINISHED DRONE_STAGE_MACHINE DRONE_STAGE_NUMBER
        DRONE_STAGE_STARTED DRONE_STAGE_STATUS DRONE_STAGE_VARIANT DRONE_STEP_NUMBER DRONE_SYSTEM_HOST
        DRONE_SYSTEM_HOSTNAME DRONE_SYSTEM_PROTO DRONE_SYSTEM_VERSION
        """.split { $0 == " " || $0 == "\n" }.map(String.init)

    private static let commit = Commit(
        sha: "0123456789abcdef0123456789abcdef01234567", message: "Say hello\n\nTwice.\n", authorName: "Anna",
        authorEmail: "anna@example.org", committedAt: Timestamp(milliseconds: 0))

    private static let forge = Trigger.Origin(
        avatarURL: "https://git.example/anna.png", projectID: 15, projectURL: "https://git.example:8443/group/shop/web",
        sshURL: "git@git.example:group/shop/web.git", userName: "Anna Example", visibility: "internal")

    private static func run(_ event: Event, _ ref: String, branch: String? = nil) -> RunVariables {
        let trigger = Trigger(
            id: MessageID(rawValue: "m"), event: event, action: "opened",
            repository: RepositoryPath(rawValue: "group/shop/web"), ref: ref, branch: branch,
            before: String(repeating: "a", count: 40), sender: "anna", target: "production", cron: "nightly",
            parent: 6, origin: forge)
        return RunVariables(
            trigger: trigger, commit: commit, run: RunID(rawValue: "r1"), number: 7,
            instanceURL: "https://slipway.example:8082", platformVersion: "9.9",
            cloneURL: "https://anna:secret@git.example/group/shop/web.git", defaultBranch: "main",
            createdAt: Timestamp(milliseconds: 5_000), startedAt: Timestamp(milliseconds: 6_000))
    }

    private static let stage = Stage(
        name: "test", platform: Platform(os: "linux", arch: "arm64", variant: "v8"),
        dependsOn: ["a", "b"], services: [Step(name: "db", image: "postgres")], matrix: ["GO": "1.22"],
        steps: [
            Step(name: "build", failure: .ignore), Step(name: "Unit Tests", image: "golang"),
            Step(name: "tell", image: "slack"),
        ])

    private static func moment(_ outcomes: [String: StepOutcome] = [:], _ others: [String] = []) -> StepMoment {
        StepMoment(
            stage: stage, step: stage.steps[1], job: "j1", attempt: 2, outcomes: outcomes, otherFailedStages: others,
            machine: "web1", now: Timestamp(milliseconds: 8_000))
    }

    private static func environment(_ run: RunVariables, _ moment: StepMoment) -> [String: String] {
        var run = run
        run.stageNumber = 3
        run.stageStartedAt = Timestamp(milliseconds: 7_000)
        return run.environment(stage: stage).merging(moment.environment) { _, now in now }
    }

    private static func expect(_ environment: [String: String], _ expected: [String: String?]) {
        for (name, value) in expected { #expect(environment[name] == value, "\(name)") }
    }

    @Test("that may be any text are all set")
    func freeTexts() {
        #expect(RunVariable.freeTexts.filter { RunVariable.named($0)?.isRefused != false } == [])
    }

    @Test("are those of Drone's reference and more, each named once, and the page has them all")
    func table() throws {
        #expect(RunVariable.drone.map(\.name).sorted() == Self.reference.sorted())
        #expect(Set(RunVariable.all.map(\.name)).count == RunVariable.all.count)
        #expect(Set(RunVariable.workspaceNames).isSubset(of: RunVariable.all.map(\.name)))
        for variable in Scope.aliases.values { #expect(RunVariable.isSet(variable)) }
        let tables: [(heading: String, variables: [RunVariable])] = [
            ("## Drone's", RunVariable.drone), ("## Beyond Drone's reference", RunVariable.droneBeyond),
            ("## GitLab's", RunVariable.gitlab), ("## Slipway's own", RunVariable.slipway),
        ]
        for (heading, variables) in tables {
            let rows = variables.map {
                "| `\($0.name)` | \($0.meaning) | \($0.condition)\($0.condition.isEmpty ? "" : " ")|"
            }
            try Documentation.expect(rows, under: heading, of: "Variables")
        }
        #expect(tables.map(\.variables.count).reduce(0, +) == RunVariable.all.count)
    }

    @Test("that were missing are set in some run or refused with a reason: 34 of 34")
    func missing() {
        var seen = Set<String>()
        for run in [
            Self.run(.tag, "refs/tags/v1.2.3-rc.1+7"), Self.run(.tag, "refs/tags/2026.11.1-beta"),
            Self.run(.tag, "refs/tags/nightly"),
            Self.run(.push, "refs/heads/main", branch: "main"),
        ] {
            seen.formUnion(Self.environment(run, Self.moment(["Unit Tests": .failure])).keys)
        }
        let refused = Set(RunVariable.all.filter { $0.isRefused && !$0.meaning.isEmpty }.map(\.name))
        #expect(seen.isDisjoint(with: refused))
        #expect(Self.onceMissing.filter { seen.contains($0) || refused.contains($0) }.count == 34)
        #expect(Self.onceMissing.count == 34)
        // And no row promises what no run has.
        let never = RunVariable.all.filter { !$0.isRefused && !seen.contains($0.name) }.map(\.name)
        #expect(Set(never) == Set(RunVariable.workspaceNames + ["SLIPWAY_OUTPUT", "SLIPWAY_PROCESS"]))
    }

    @Test("on a push")
    func push() {
        let environment = Self.environment(
            Self.run(.push, "refs/heads/Fix_it/now", branch: "Fix_it/now"), Self.moment())
        Self.expect(
            environment,
            [
                "CI": "true", "DRONE_BRANCH": "Fix_it/now", "DRONE_COMMIT_BRANCH": "Fix_it/now", "DRONE_TAG": nil,
                "DRONE_SOURCE_BRANCH": "Fix_it/now", "DRONE_SEMVER": nil, "DRONE_SEMVER_ERROR": nil,
                "DRONE_CALVER": nil,
                "DRONE_COMMIT_LINK": "https://git.example:8443/group/shop/web/-/commit/\(Self.commit.sha)",
                "DRONE_COMMIT_AUTHOR": "anna", "DRONE_COMMIT_AUTHOR_NAME": "Anna",
                "DRONE_COMMIT_AUTHOR_AVATAR": "https://git.example/anna.png", "DRONE_BUILD_PARENT": "6",
                "DRONE_BUILD_CREATED": "5", "DRONE_BUILD_STARTED": "6", "DRONE_BUILD_FINISHED": "8",
                "DRONE_BUILD_LINK": "https://slipway.example:8082/runs/r1", "DRONE_BUILD_NUMBER": "7",
                "DRONE_GIT_HTTP_URL": "https://git.example/group/shop/web.git", "DRONE_BUILD_EVENT": "push",
                "DRONE_GIT_SSH_URL": "git@git.example:group/shop/web.git", "DRONE_REPO": "group/shop/web",
                "DRONE_REPO_NAME": "web", "DRONE_REPO_OWNER": "group/shop", "DRONE_REPO_PRIVATE": "true",
                "DRONE_REPO_LINK": "https://git.example:8443/group/shop/web", "DRONE_REPO_VISIBILITY": "internal",
                "DRONE_STAGE_NUMBER": "3", "DRONE_STAGE_STARTED": "7", "DRONE_STAGE_FINISHED": "8",
                "DRONE_STAGE_MACHINE": "web1", "DRONE_STAGE_VARIANT": "v8", "DRONE_STAGE_DEPENDS_ON": "a,b",
                "DRONE_STEP_NAME": "Unit Tests", "DRONE_STEP_NUMBER": "3", "DRONE_SYSTEM_HOST": "slipway.example:8082",
                "DRONE_SYSTEM_HOSTNAME": "slipway.example:8082", "DRONE_SYSTEM_PROTO": "https",
                "DRONE_SYSTEM_VERSION": "9.9", "SLIPWAY_ATTEMPT": "2", "SLIPWAY_STEP": "Unit Tests",
                "SLIPWAY_COMMIT_SHORT": "01234567", "SLIPWAY_URL": "https://slipway.example:8082", "GO": "1.22",
            ])
        #expect(!environment.values.contains { $0.contains("secret") })
    }

    @Test("say where a pipeline runs that asks for no platform")
    func usualPlatform() {
        let run = Self.run(.push, "refs/heads/main", branch: "main")
        Self.expect(
            run.environment(stage: Stage(name: "any", steps: [])),
            ["DRONE_STAGE_OS": "linux", "DRONE_STAGE_ARCH": "amd64", "DRONE_STAGE_VARIANT": nil])
        Self.expect(
            run.environment(stage: Stage(name: "arm", platform: Platform(arch: "arm64"), steps: [])),
            ["DRONE_STAGE_OS": "linux", "DRONE_STAGE_ARCH": "arm64"])
    }

    @Test("as GitLab's users know them")
    func gitlab() {
        Self.expect(
            Self.environment(Self.run(.push, "refs/heads/Fix_it/now", branch: "Fix_it/now"), Self.moment()),
            [
                "CI_COMMIT_SHA": Self.commit.sha, "CI_COMMIT_SHORT_SHA": "01234567", "CI_COMMIT_REF_NAME": "Fix_it/now",
                "CI_COMMIT_REF_SLUG": "fix-it-now", "CI_COMMIT_BRANCH": "Fix_it/now", "CI_COMMIT_TAG": nil,
                "CI_COMMIT_MESSAGE": "Say hello\n\nTwice.\n", "CI_COMMIT_TITLE": "Say hello",
                "CI_COMMIT_DESCRIPTION": "Twice.\n", "CI_COMMIT_AUTHOR": "Anna <anna@example.org>",
                "CI_COMMIT_BEFORE_SHA": String(repeating: "a", count: 40),
                "CI_COMMIT_TIMESTAMP": Timestamp(milliseconds: 0).description, "CI_PIPELINE_ID": "r1",
                "CI_PIPELINE_IID": "7", "CI_PIPELINE_SOURCE": "push", "CI_PROJECT_ID": "15",
                "CI_PIPELINE_URL": "https://slipway.example:8082/runs/r1", "CI_PROJECT_PATH": "group/shop/web",
                "CI_PROJECT_NAME": "web", "CI_PROJECT_NAMESPACE": "group/shop", "CI_PROJECT_ROOT_NAMESPACE": "group",
                "CI_PROJECT_PATH_SLUG": "group-shop-web", "CI_PROJECT_URL": "https://git.example:8443/group/shop/web",
                "CI_DEFAULT_BRANCH": "main", "CI_JOB_NAME": "Unit Tests", "CI_JOB_NAME_SLUG": "unit-tests",
                "CI_JOB_STAGE": "test", "CI_JOB_ID": "j1", "CI_JOB_IMAGE": "golang", "CI_JOB_STATUS": "success",
                "CI_REPOSITORY_URL": "https://git.example/group/shop/web.git", "CI_SERVER": "yes",
                "CI_SERVER_URL": "https://git.example:8443", "CI_SERVER_HOST": "git.example", "CI_SERVER_PORT": "8443",
                "CI_SERVER_FQDN": "git.example:8443", "CI_SERVER_PROTOCOL": "https",
                "CI_API_V4_URL": "https://git.example:8443/api/v4", "GITLAB_USER_LOGIN": "anna",
                "GITLAB_USER_NAME": "Anna Example", "CI_JOB_TOKEN": nil, "GITLAB_CI": nil,
            ])
        #expect(RunVariable.slug("--Ä/" + String(repeating: "b", count: 70)) == String(repeating: "b", count: 59))
    }

    @Test("the page of a commit is where its forge has it")
    func commitPages() {
        var run = Self.run(.push, "refs/heads/main", branch: "main")
        run.trigger.origin?.forge = "github"
        let page = "https://git.example:8443/group/shop/web"
        Self.expect(
            run.environment(),
            ["DRONE_COMMIT_LINK": "\(page)/commit/\(Self.commit.sha)", "CI_API_V4_URL": nil, "CI_PROJECT_URL": page])
        run.trigger.origin?.forge = "gitlab"
        run.forge = .gitea
        Self.expect(run.environment(), ["DRONE_COMMIT_LINK": "\(page)/-/commit/\(Self.commit.sha)"])
        run.trigger.origin = nil
        run.cloneURL = "https://git.example/shop/web.git"
        Self.expect(
            run.environment(), ["DRONE_COMMIT_LINK": "https://git.example/shop/web/commit/\(Self.commit.sha)"])
        run.forge = nil
        run.cloneURL = "https://github.com/shop/web.git"
        Self.expect(
            run.environment(), ["DRONE_COMMIT_LINK": "https://github.com/shop/web/commit/\(Self.commit.sha)"])
    }

    @Test("by hand know of the forge what the repository's address says")
    func byHand() {
        var run = Self.run(.custom, "refs/heads/main", branch: "main")
        run.trigger.origin = nil
        run.trigger.parent = nil
        run.trigger.before = nil
        Self.expect(
            run.environment(),
            [
                "DRONE_REPO_LINK": "https://git.example/group/shop/web", "DRONE_BUILD_PARENT": "0",
                "DRONE_COMMIT_LINK": "https://git.example/group/shop/web/-/commit/\(Self.commit.sha)",
                "CI_SERVER_URL": "https://git.example", "CI_SERVER_PORT": "443", "CI_API_V4_URL": nil,
                "DRONE_GIT_SSH_URL": nil, "DRONE_REPO_PRIVATE": nil, "CI_PIPELINE_SOURCE": "web",
                "CI_COMMIT_BEFORE_SHA": String(repeating: "0", count: 40),
            ])
        run.cloneURL = "ssh://git@git.example/group/shop/web.git"
        Self.expect(
            run.environment(),
            ["DRONE_REPO_LINK": nil, "DRONE_GIT_HTTP_URL": "ssh://git@git.example/group/shop/web.git"])
        run.cloneURL = "http://a:b@[::1]:8080/x.git?y"
        Self.expect(
            run.environment(),
            ["DRONE_GIT_HTTP_URL": "http://[::1]:8080/x.git", "CI_SERVER_HOST": "[::1]", "CI_SERVER_PORT": "8080"])
    }

    @Test(
        "of a tag tell its version as Drone does",
        arguments: [
            (
                "v1.2.3",
                [
                    "SEMVER": "1.2.3", "SEMVER_SHORT": "1.2.3", "SEMVER_MAJOR": "1", "SEMVER_MINOR": "2",
                    "SEMVER_PATCH": "3",
                ]
            ),
            (
                "1.2.3-rc.1+build.7",
                [
                    "SEMVER": "1.2.3-rc.1+build.7", "SEMVER_SHORT": "1.2.3", "SEMVER_MAJOR": "1",
                    "SEMVER_MINOR": "2", "SEMVER_PATCH": "3", "SEMVER_PRERELEASE": "rc.1", "SEMVER_BUILD": "build.7",
                ]
            ),
            ("v1.2", ["SEMVER_ERROR": "v1.2 is not a semantic version such as v1.2.3"]),
            ("v1.2.x", ["SEMVER_ERROR": "v1.2.x is not a semantic version such as v1.2.3"]),
            ("v1.2.3-", ["SEMVER_ERROR": "v1.2.3- is not a semantic version such as v1.2.3"]),
            ("release", ["SEMVER_ERROR": "release is not a semantic version such as v1.2.3"]),
            (
                "v2026.11",
                [
                    "SEMVER_ERROR": "v2026.11 is not a semantic version such as v1.2.3", "CALVER": "2026.11",
                    "CALVER_MAJOR": "2026", "CALVER_MINOR": "11", "CALVER_MAJOR_MINOR": "2026.11",
                    "CALVER_SHORT": "2026.11",
                ]
            ),
            (
                "26.04.1-beta",
                [
                    "SEMVER": "26.4.1-beta", "SEMVER_SHORT": "26.4.1", "SEMVER_MAJOR": "26",
                    "SEMVER_MINOR": "4", "SEMVER_PATCH": "1", "SEMVER_PRERELEASE": "beta", "CALVER": "26.04.1-beta",
                    "CALVER_MAJOR": "26", "CALVER_MINOR": "04", "CALVER_MICRO": "1", "CALVER_MAJOR_MINOR": "26.04",
                    "CALVER_MODIFIER": "beta", "CALVER_SHORT": "26.04.1",
                ]
            ),
        ] as [(String, [String: String])])
    func versions(tag: String, expected: [String: String]) throws {
        // Whatever branch somebody named: a tag is on none.
        let environment = Self.run(.tag, "refs/tags/\(tag)", branch: "main").environment()
        let versions = environment.filter { $0.key.contains("VER_") || $0.key.hasSuffix("VER") }.filter {
            $0.key.hasPrefix("DRONE_SEMVER") || $0.key.hasPrefix("DRONE_CALVER")
        }
        #expect(versions == Dictionary(uniqueKeysWithValues: expected.map { ("DRONE_\($0.key)", $0.value) }))
        Self.expect(
            environment,
            [
                "DRONE_TAG": tag, "CI_COMMIT_TAG": tag, "CI_COMMIT_REF_NAME": tag, "DRONE_BRANCH": nil,
                "DRONE_COMMIT_BRANCH": nil, "DRONE_TARGET_BRANCH": nil, "DRONE_SOURCE_BRANCH": nil,
                "CI_COMMIT_BRANCH": nil,
            ])
        let text = "${DRONE_SEMVER_SHORT:-latest}"
        let short = try Substitution.apply(to: text, in: Scope(environment: environment))
        #expect(short == expected["SEMVER_SHORT"] ?? "latest")
    }

    @Test("that tell how things stand change while the job runs")
    func status() {
        Self.expect(
            Self.moment().environment,
            [
                "DRONE_BUILD_STATUS": "success", "DRONE_STAGE_STATUS": "success", "DRONE_FAILED_STEPS": nil,
                "DRONE_FAILED_STAGES": nil, "CI_JOB_STATUS": "success",
            ])
        Self.expect(
            Self.moment(["Unit Tests": .failure, "build": .failure, "tell": .failure]).environment,
            [
                "DRONE_BUILD_STATUS": "failure", "DRONE_STAGE_STATUS": "failure",
                "DRONE_FAILED_STEPS": "Unit Tests,tell", "DRONE_FAILED_STAGES": "test", "CI_JOB_STATUS": "failed",
            ])
        // What failed and is to be ignored is no failure, and another pipeline's is not this one's.
        Self.expect(
            Self.moment(["build": .failure], ["lint"]).environment,
            [
                "DRONE_BUILD_STATUS": "failure", "DRONE_STAGE_STATUS": "success", "DRONE_FAILED_STEPS": nil,
                "DRONE_FAILED_STAGES": "lint", "CI_JOB_STATUS": "success",
            ])
    }
}

@Suite("Words about variables")
struct VariableLintTests {
    private static func warnings(_ source: String) throws -> [String] {
        try DifferencesTests.compile(source).warnings.map(\.message)
    }

    @Test(
        "are said where nobody sets a reserved name",
        arguments: [
            (
                "echo $DRONE_BILD_STATUS",
                ["“DRONE_BILD_STATUS” is not a variable of a run; did you mean “DRONE_BUILD_STATUS”?"]
            ),
            (
                "echo ${CI_FOO_BAR_BAZ} $SLIPWAY_FOO_BAR_BAZ",
                ["“CI_FOO_BAR_BAZ” is not a variable of a run", "“SLIPWAY_FOO_BAR_BAZ” is not a variable of a run"]
            ),
            ("echo $$CI_FOO_BAR_BAZ", ["“CI_FOO_BAR_BAZ” is not a variable of a run"]),
            ("echo $${CI_FOO_BAR_BAZ}", ["“CI_FOO_BAR_BAZ” is not a variable of a run"]),
            ("echo ${DRONE_TAG:-${CI_FOO_BAR_BAZ}}", ["“CI_FOO_BAR_BAZ” is not a variable of a run"]),
            ("echo ${DRONE_PULL_REQUEST}", ["“DRONE_PULL_REQUEST” is never set: merge requests start no runs yet"]),
            (
                "docker login -p $CI_JOB_TOKEN",
                ["“CI_JOB_TOKEN” is never set: a credential; name what you need with `from_secret`"]
            ),
            (
                "echo ${DRONE_COMMIT_SHA:x}",
                [
                    "${DRONE_COMMIT_SHA:x} is left for the shell: “x” is not a number; a part is ${DRONE_COMMIT_SHA:0:8}, a default ${DRONE_COMMIT_SHA:-…}"
                ]
            ),
            ("kill $$", ["“$$” is one “$” here, as in Drone; the shell's process id is $$$$"]),
            ("touch /tmp/x.$$", ["“$$” is one “$” here, as in Drone; the shell's process id is $$$$"]),
            ("CI_FOO=1; echo $CI_FOO", []),
            ("echo ${CI_FOO_BAR:-x} $DRONE_COMMIT_SHA ${DRONE_WORKSPACE} $SLIPWAY_OUTPUT", []),
            ("grep 'a$$' x | awk '{print $$2}'; echo $$$$ $${x} $$HOME", []), ("echo ${word:i} $DRONE_OWN", []),
        ] as [(String, [String])])
    func commands(command: String, expected: [String]) throws {
        let source = "environment: {DRONE_OWN: a}\nsteps: [{name: a, image: x, commands: [\(Self.quoted(command))]}]"
        #expect(try Self.warnings(source) == expected)
    }

    @Test(
        "are said where a text sees less than it seems to",
        arguments: [
            ("${DRONE_FOO_BAR_BAZ}", ["“DRONE_FOO_BAR_BAZ” is not a variable of a run"]),
            ("${SLIPWAY_OUTPUT}", ["“SLIPWAY_OUTPUT” is known to commands only, so ${SLIPWAY_OUTPUT} is empty here"]),
            ("${TOKEN}", ["“TOKEN” is a secret, which only commands see, so ${TOKEN} is empty here; use from_secret"]),
            ("${DRONE_WORKSPACE} ${DRONE_BUILD_STATUS} ${BASE} ${OWN} ${CI_JOB_NAME}", []),
            (
                "${DRONE_TAG:-${NOPE}}",
                ["nothing is called “NOPE” here, so ${NOPE} is empty; write $${NOPE} for the text itself"]
            ),
        ] as [(String, [String])])
    func texts(text: String, expected: [String]) throws {
        let source = """
            environment: {BASE: a, TOKEN: {from_secret: t}}
            steps: [{name: a, image: x, settings: {a: "\(text)"}, environment: {OWN: b}}]
            """
        #expect(try Self.warnings(source) == expected)
    }

    @Test("are said of a variable that uses its own name where nothing around has it")
    func ownName() throws {
        let word = "nothing is called “PATH” here, so ${PATH} is empty; write $${PATH} for the text itself"
        let step = "steps: [{name: a, image: x, commands: [a], environment: {PATH: \"/opt:${PATH}\"}}]"
        #expect(try Self.warnings(step) == [word])
        #expect(try Self.warnings("environment: {PATH: \"/opt:${PATH}\"}") == [word])
        #expect(try Self.warnings("environment: {PATH: /bin}\n" + step) == [])
        #expect(try Self.warnings("environment: {A: \"${B}\", B: \"${C}\", C: 1}") == [])
    }

    @Test("are said of a circle, and of a part that is no number")
    func errors() {
        for (source, words) in [
            ("environment: {A: \"${B}\", B: \"${A}\"}", "variables refer to each other: A → B → A"),
            ("steps: [{name: a, image: x, commands: [a], environment: {A: \"${B}\", B: \"${A}\"}}]", "A → B → A"),
            ("steps: [{name: a, image: \"x:${DRONE_COMMIT_SHA:x}\", commands: [a]}]", "“x” is not a number"),
            ("steps: [{name: a, image: \"x:${DRONE_COMMIT_SHA:0:y}\", commands: [a]}]", "“y” is not a number"),
        ] {
            #expect {
                _ = try DifferencesTests.compile(source)
            } throws: { error in
                (error as? DiagnosticList)?.diagnostics.contains { $0.message.contains(words) } ?? false
            }
        }
    }

    @Test("are said of events that do not happen", arguments: Event.allCases)
    func events(event: Event) throws {
        let source = "trigger: {event: [\(event.rawValue)]}"
        let warnings = try DifferencesTests.compile(source).warnings
        let words = event.notYet.map { "trigger.event: “\(event.rawValue)” \($0)" }
        #expect(warnings.map(\.message) == (words.map { [$0] } ?? []))
        #expect(warnings.allSatisfy { $0.code == .notExecuted })
        let page = try Documentation.text("Shared/PipelineLanguage/PipelineLanguage.docc/Conditions.md")
        #expect(page.contains("| `\(event.rawValue)` |"))
        if let reason = event.notYet { #expect(page.contains("| `\(event.rawValue)` | \(reason) |")) }
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.replacing("'", with: "''") + "'"
    }
}
