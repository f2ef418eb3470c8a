import Contracts
import FoundationEssentials
import HTTPClient
import SystemPackage
import TestSupport
import Testing

/// A run's source, from a forge over HTTP to a step's folder.
@Suite struct SourceTests {
    @Test func aHookThatComesBeforeItsCommitWaitsAndSaysWhy() async throws {
        try await Stack.with { stack in
            try await GitForge.with { forge in
                let platform = stack.platform
                let repository = try await forge.repository("shop/web")
                try await platform.addRepository("shop/web", cloneURL: forge.url("shop/web"))
                try await repository.push(["a": "1"])
                let commit = try await repository.commit([
                    ".slipway.yml":
                        "kind: pipeline\ntype: exec\nname: main\nsteps: [{name: say, commands: [echo arrived]}]\n"
                ])
                try await hook("refs/heads/main", commit, forge, platform)
                var waiting: RunSummary?
                try await eventually(within: .seconds(30), every: .milliseconds(50), "the run says why it waits") {
                    waiting = try await platform.runs("shop/web").first
                    return waiting?.reason != nil
                }
                #expect(waiting?.state == .pending)
                #expect(waiting?.reason?.contains("attempt 2 of 3 is in 5 s") == true, "\(String(describing: waiting))")
                try await repository.publish()
                let view = try await platform.finishedRun("shop/web", commit: commit)
                #expect(view.summary.id == waiting?.id)
                #expect(view.summary.state == .success, "\(view)")
                #expect(view.summary.reason == nil)
            }
        }
    }

    /// A server with too many requests is asked again, and whoever follows the run or asks for it sees why it waits.
    @Test func aFollowSaysWhatItWaitsFor() async throws {
        try await Stack.with { stack in
            try await GitForge.with { forge in
                let platform = stack.platform
                try await forge.repository("shop/web").push([
                    ".slipway.yml":
                        "kind: pipeline\ntype: exec\nname: main\nsteps: [{name: say, commands: [echo arrived]}]\n"
                ])
                try await platform.addRepository("shop/web", cloneURL: forge.busyURL("shop/web"))
                async let followed = slipway("run shop/web --follow", stack)
                var waiting: RunSummary?
                try await eventually(within: .seconds(30), every: .milliseconds(50), "the run says why it waits") {
                    waiting = try await platform.runs("shop/web").first
                    return waiting?.reason?.contains("attempt 2 of 5 is in 5 s") == true
                }
                #expect(waiting?.state == .pending)
                #expect(waiting?.reason?.contains("429 Too Many Requests") == true)
                // The follow tells what has held for some seconds.
                try await Task.sleep(for: .seconds(4))
                try forge.calm()
                let output = try await followed
                let lines = output.split(separator: "\n").map(String.init)
                let told = try #require(lines.firstIndex { $0.hasPrefix("○ waiting: ") }, "\(output)")
                #expect(lines[told].contains("429 Too Many Requests"), "\(output)")
                #expect(lines[told].hasSuffix("attempt 2 of 5 is in 5 s"), "\(output)")
                let printed = try #require(lines.firstIndex(of: "say | arrived"), "\(output)")
                #expect(told < printed)
                #expect(lines.last?.contains("success") == true, "\(output)")
            }
        }
    }

    /// What a command prints, run as a person would.
    private func slipway(_ command: String, _ stack: Stack) async throws -> String {
        let folder = stack.directory.appending("cli")
        try await runTool("mkdir", ["-p", folder.string])
        let token = try String(
            contentsOf: URL(filePath: stack.tokenFile.string), encoding: .utf8)
        let script = """
            export SLIPWAY_SERVER=http://127.0.0.1:\(stack.ports.pipeline) SLIPWAY_TOKEN=\(token.prefix { $0 != "\n" })
            export XDG_CONFIG_HOME='\(folder)' PATH="\(ServiceProgram.folder):$PATH"
            slipway \(command)
            """
        return try await runTool("sh", ["-c", script])
    }

    @Test func aTagsRunHasItsTagAndTheSubmodulesAndFilesItAsksFor() async throws {
        try await Stack.with { stack in
            try await GitForge.with { forge in
                let platform = stack.platform
                let request = RepositoryRequest(
                    cloneURL: forge.url("shop/web"), defaultBranch: "main", allowsFile: true, username: "oauth2",
                    token: "web-token")
                let answer = try await platform.send(.put, "repositories/shop%2Fweb", request)
                guard (200...299).contains(answer.status) else { throw TestFailure(answer.text) }
                let (pointer, id) = try await forge.storeLargeFile(Array("a large file\n".utf8))
                let library = try await forge.repository("shop/library", tokens: ["web-token"])
                let libraryCommit = try await library.push(["library.txt": "from the library\n"])
                let repository = try await forge.repository("shop/web", tokens: ["web-token"])
                let file = """
                    kind: pipeline
                    type: exec
                    name: main
                    clone: {submodules: true, lfs: true}
                    steps:
                    - name: look
                      commands:
                      - git describe --tags --exact-match
                      - git remote get-url origin
                      - cat library/library.txt
                      - sha256sum large.bin
                      - git status --short
                    """
                let commit = try await repository.push(
                    [".slipway.yml": file, ".gitattributes": "*.bin filter=lfs -text\n", "large.bin": pointer],
                    submodules: ["library": ("../library.git", libraryCommit)], tag: "v1.2.3")
                try await hook("refs/tags/v1.2.3", commit, forge, platform)
                let view = try await platform.finishedRun("shop/web", commit: commit)
                let step = try #require(view.stages.first?.steps.first, "\(view)")
                let log = try await platform.log(view.summary.id, step.id)
                #expect(view.summary.state == .success, "\(view) \(log)")
                #expect(log.contains("--exact-match\nv1.2.3\n"), "\(log)")
                #expect(log.contains("\n\(forge.url("shop/web"))\n"), "\(log)")
                #expect(log.contains("\nfrom the library\n"), "\(log)")
                #expect(log.contains("\n\(id)  large.bin\n"), "\(log)")
                #expect(log.hasSuffix("+ git status --short\n"), "\(log)")
            }
        }
    }

    /// Posts what GitLab would.
    private func hook(_ ref: String, _ commit: String, _ forge: GitForge, _ platform: PlatformClient) async throws {
        let kind = ref.hasPrefix("refs/tags/") ? "tag_push" : "push"
        let body: JSONValue = [
            "object_kind": .string(kind), "event_name": .string(kind),
            "before": .string(String(repeating: "0", count: 40)), "after": .string(commit), "ref": .string(ref),
            "checkout_sha": .string(commit), "user_username": "ada", "user_name": "Ada",
            "project": [
                "id": 1, "path_with_namespace": "shop/web", "git_http_url": .string(forge.url("shop/web")),
                "web_url": "http://gitlab.example/shop/web", "default_branch": "main",
            ],
            "commits": [], "total_commits_count": 1,
        ]
        let answer = try await platform.hook(
            Array(try Wire.encode(body)),
            headers: [
                "X-Gitlab-Event": kind == "push" ? "Push Hook" : "Tag Push Hook",
                "X-Gitlab-Token": try await platform.hookToken("shop/web"),
                "X-Gitlab-Event-UUID": "\(UInt64.random(in: .min ... .max))", "Idempotency-Key": "\(ref)-\(commit)",
            ])
        guard answer.status == 202 else { throw TestFailure("the hook got \(answer.status): \(answer.text)") }
    }
}
