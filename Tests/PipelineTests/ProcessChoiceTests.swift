import Contracts
import Testing

@testable import Pipeline

@Suite struct ProcessChoiceTests {
    private let file = SourceSynced.PipelineFile(path: ".slipway.yml", text: "steps: []")

    private func choose(
        event: Event = .push, branch: String? = "main", given: GivenProcess? = nil, file: Bool = false,
        allowsFile: Bool = true, _ associations: [AssociationView] = []
    ) -> ProcessChoice {
        ProcessChoice(
            trigger: Trigger(
                id: MessageID(rawValue: "t"), event: event, repository: RepositoryPath(rawValue: "shop/web"),
                ref: "refs/heads/main", branch: branch), given: given, file: file ? self.file : nil,
            allowsFile: allowsFile, associations: associations)
    }

    @Test func `What is given by hand wins over everything`() {
        let given = GivenProcess(digest: "sha256:1", note: "a document")
        let choice = choose(given: given, file: true, [AssociationView(component: "web")])
        #expect(choice.candidate == .given(given))
        #expect(choice.trace == ["given by hand: a document"])
        let warnings = ["warning: no effect"]
        let warned = choose(given: GivenProcess(digest: "sha256:1", note: "a document", warnings: warnings))
        #expect(warned.trace == ["given by hand: a document"] + warnings)
    }

    @Test func `What is found in a document has no line, since JSON is laid out anew, and in a file it has`() throws {
        let step: JSONValue = ["name": "a", "image": "x", "commands": ["make"], "ports": [80]]
        let given = try ProcessCompiler.compile(["steps": [step]], name: "document")
        #expect(given.warnings.count == 1)
        #expect(given.warnings[0].hasPrefix("warning: “ports” has no effect"))
        #expect(given.warnings[0].contains("(in \"ports\""))
        let text = "steps:\n- name: a\n  image: x\n  commands: [make]\n  ports: [80]\n"
        let read = try ProcessCompiler.compile(.init(path: ".slipway.yml", text: text))
        #expect(read.warnings.count == 1 && read.warnings[0].hasPrefix(".slipway.yml:5:3: warning: “ports”"))
        #expect {
            _ = try ProcessCompiler.compile(["steps": 1], name: "document")
        } throws: { error in
            (error as? CompileFailure)?.summary.hasPrefix("“steps” is a list") == true
        }
    }

    @Test func `The file wins over components where it is allowed`() {
        #expect(choose(file: true, [AssociationView(component: "web")]).candidate == .file(file))
        let refused = choose(file: true, allowsFile: false, [AssociationView(component: "web")])
        #expect(refused.candidate == .component("web"))
        #expect(refused.trace[0] == "file: .slipway.yml is there, but the repository's association does not allow it")
    }

    @Test func `A file of nearly the right name is told, with the right one`() {
        for (misnamed, advice) in [
            (".drone.yaml", "name it .drone.yml"), ("drone.yml", "name it .drone.yml"),
            (".slipway.yaml", "name it .slipway.yml"), ("slipway.json", "name it .slipway.json"),
            (".gitlab-ci.yml", "it is a file of GitLab CI and is not read: write a .slipway.yml"),
            ("Jenkinsfile", "it is a file of Jenkins and is not read: write a .slipway.yml"),
        ] {
            let choice = ProcessChoice(
                trigger: Trigger(
                    id: MessageID(rawValue: "t"), event: .push, repository: RepositoryPath(rawValue: "shop/web"),
                    ref: "refs/heads/main", branch: "main"), given: nil, file: nil, misnamed: misnamed,
                allowsFile: true, associations: [])
            #expect(
                choice.refusal.hasPrefix(
                    "no process: file: there is none at this commit, but \(misnamed); \(advice); component:"))
        }
    }

    @Test func `The first component whose events and branches hold is chosen, the others leave their reason`() {
        let choice = choose(
            branch: "release/2",
            [
                AssociationView(component: "tags", events: [.tag]),
                AssociationView(component: "trunk", branches: ["main"]),
                AssociationView(component: "release", events: [.push], branches: ["release/*"]),
                AssociationView(component: "all"),
            ])
        #expect(choice.candidate == .component("release"))
        #expect(
            choice.trace == [
                "file: there is none at this commit",
                "component “tags”: skipped, event “push” is not tag",
                "component “trunk”: skipped, branch “release/2” is not main",
                "component “release”: associated for push and release/*",
            ])
    }

    @Test func `Nothing to run says what was looked for`() {
        let choice = choose()
        #expect(choice.candidate == nil)
        #expect(
            choice.refusal
                == "no process: file: there is none at this commit; component: none is associated with the repository")
    }

    @Test func `A tag has no branch that could match`() {
        let choice = choose(event: .tag, branch: nil, [AssociationView(component: "web", branches: ["main"])])
        #expect(choice.candidate == nil)
        #expect(choice.trace.last == "component “web”: skipped, there is no branch, wanted main")
    }

    @Test func `A pattern that is none is told`() {
        let problem = ProcessChoice.problem(with: AssociationView(component: "web", branches: ["[a"]))
        #expect(problem?.contains("[a") == true)
        #expect(ProcessChoice.problem(with: AssociationView(component: "web", branches: ["release/**"])) == nil)
    }
}
