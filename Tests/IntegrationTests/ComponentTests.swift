import Contracts
import FoundationEssentials
import HTTPClient
import SystemPackage
import TestSupport
import Testing

/// Process components kept on the platform, and the choice between them and a repository's own file.
@Suite struct ComponentTests {
    /// The bare array as a person would write it first, with nothing but commands: its `deploy` step has the source and
    /// what the step before it compiled.
    @Test func bareArrayRunsUnchanged() async throws {
        try await Stack.with { stack in
            let platform = stack.platform
            let repository = try await SampleRepository("shop/web", in: stack.directory, platform: platform)
            let mark = stack.directory.appending("deployed")
            try await platform.putComponent(
                "plain",
                """
                [ {"step": "compile", "commands": ["echo compiling", "cat hello.txt", "echo once > compiled"]},
                  {"step": "deploy",  "commands": ["test -f hello.txt", "cat compiled >> \(mark)"]} ]
                """)
            try await platform.associate("shop/web", [AssociationView(component: "plain", branches: ["main"])])
            let commit = try await repository.push(["hello.txt": "hello from the repository\n"])
            let view = try await platform.finishedRun("shop/web", commit: commit)
            #expect(view.summary.state == .success, "\(view)")
            #expect(view.choice?.source == .component)
            #expect(view.choice?.name == "plain")
            let steps = view.stages.flatMap(\.steps)
            #expect(steps.map(\.name) == ["compile", "deploy"])
            #expect(steps.map(\.kind) == ["commands", "commands"])
            #expect(
                try await platform.log(view.summary.id, steps[0].id)
                    == "+ echo compiling\ncompiling\n+ cat hello.txt\nhello from the repository\n+ echo once > compiled\n"
            )
            #expect(try String(contentsOf: URL(filePath: mark.string), encoding: .utf8) == "once\n")
        }
    }

    @Test func deployThatStaysInTheForegroundFailsWithAdvice() async throws {
        try await Stack.with { stack in
            let platform = stack.platform
            let repository = try await SampleRepository("shop/front", in: stack.directory, platform: platform)
            try await platform.putComponent(
                "front", #"[{"step": "deploy", "commands": ["sleep 300"], "timeout": "1s"}]"#)
            try await platform.associate("shop/front", [AssociationView(component: "front")])
            let view = try await platform.finishedRun("shop/front", commit: try await repository.push(["a": "b"]))
            #expect(view.summary.state == .failure)
            let step = try #require(view.stages.first?.steps.first)
            #expect(step.reason?.contains("docker run -d") == true, "\(step)")
            #expect(try await platform.log(view.summary.id, step.id).contains("“deploy” block with “run”"))
        }
    }

    @Test func droneFileOfTheRepositoryWinsWhereAllowed() async throws {
        try await Stack.with { stack in
            let platform = stack.platform
            try await platform.putComponent("other", #"[{"step": "other", "commands": ["echo other"]}]"#)
            let drone = """
                kind: pipeline
                type: exec
                name: default
                steps:
                  - name: greet
                    environment: {GREETING: good morning}
                    commands:
                      - echo "$GREETING, $DRONE_BRANCH"
                """
            let allowed = try await SampleRepository("shop/allowed", in: stack.directory, platform: platform)
            let refused = try await SampleRepository(
                "shop/refused", in: stack.directory, platform: platform, allowsFile: false)
            for repository in [allowed, refused] {
                try await platform.associate(repository.path, [AssociationView(component: "other")])
            }
            let first = try await platform.finishedRun(
                "shop/allowed", commit: try await allowed.push([".drone.yml": drone]))
            #expect(first.summary.state == .success, "\(first)")
            #expect(first.choice?.source == .file)
            let step = try #require(first.stages.first?.steps.first)
            #expect(try await platform.log(first.summary.id, step.id).hasSuffix("good morning, main\n"))

            let second = try await platform.finishedRun(
                "shop/refused", commit: try await refused.push([".drone.yml": drone]))
            #expect(second.choice?.source == .component)
            #expect(second.choice?.trace.contains { $0.contains(".drone.yml") } == true, "\(second)")
        }
    }

    @Test func cancelStopsARunningStep() async throws {
        try await Stack.with { stack in
            let platform = stack.platform
            let repository = try await SampleRepository("shop/slow", in: stack.directory, platform: platform)
            try await platform.putComponent("slow", #"[{"step": "wait", "commands": ["echo waiting", "sleep 300"]}]"#)
            try await platform.associate("shop/slow", [AssociationView(component: "slow")])
            let commit = try await repository.push(["a": "b"])
            try await eventually(within: .seconds(30), "the step runs") {
                guard let summary = try await platform.runs("shop/slow").first else { return false }
                guard let step = try await platform.run(summary.id).stages.first?.steps.first else { return false }
                return step.state == .running && step.logBytes > 0
            }
            let run = try #require(try await platform.runs("shop/slow").first)
            let answer = try await platform.send(.post, "runs/\(run.id)/cancel")
            #expect((200...299).contains(answer.status), "\(answer.text)")
            let view = try await platform.finishedRun("shop/slow", commit: commit, within: .seconds(30))
            #expect(view.summary.state == .cancelled)
            try await eventually(within: .seconds(20), "its processes are gone") {
                try await runTool("sh", ["-c", "pgrep -fc '^sleep 300$' || true"]).first == "0"
            }
        }
    }
}
