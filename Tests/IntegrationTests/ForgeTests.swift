import Contracts
import FoundationEssentials
import Secrets
import TestSupport
import Testing
import Text

/// Pushes as GitHub, Gitea and Forgejo tell them, from the hook to what a step sees.
@Suite struct ForgeTests {
    private static let file = """
        kind: pipeline
        type: exec
        name: main
        steps:
        - name: look
          commands: ['echo "$DRONE_BUILD_EVENT <$DRONE_TAG> by $DRONE_COMMIT_AUTHOR, $DRONE_COMMIT_LINK"']
        """

    @Test(arguments: [("GitHub", Forge.github), ("Gitea", .gitea), ("Forgejo", .gitea)])
    func aPushAndATagRun(_ product: String, _ forge: Forge) async throws {
        try await Stack.with { stack in
            let platform = stack.platform
            try await GitForge.with { server in
                let repository = try await server.repository("shop/web")
                try await platform.addRepository("shop/web", cloneURL: server.url("shop/web"), forge: forge)
                let first = try await repository.push([".slipway.yml": Self.file], tag: "v1")
                func post(_ ref: String, _ commit: String, secret: String? = nil) async throws -> Int {
                    let body: JSONValue = [
                        "ref": .string(ref), "before": .string(String(repeating: "0", count: 40)),
                        "after": .string(commit), "created": true, "deleted": false, "forced": false,
                        "head_commit": ["id": .string(commit)], "commits": [],
                        "repository": [
                            "id": 1, "full_name": "shop/web", "private": false, "default_branch": "main",
                            "clone_url": .string(server.url("shop/web")), "html_url": "https://git.example/shop/web",
                        ],
                        "pusher": ["name": "ada"], "sender": ["login": "ada"],
                    ]
                    let bytes = Array(try Wire.encode(body))
                    let token = try await platform.hookToken("shop/web")
                    let signature = Hex.encode(SigningKey(bytes: (secret ?? token).utf8).sign(bytes))
                    var headers = ["X-GitHub-Event": "push", "X-Hub-Signature-256": "sha256=\(signature)"]
                    headers["X-GitHub-Delivery"] = "\(ref)-\(commit)"
                    for name in ["Gitea", "Forgejo"] where product == name || forge == .gitea && name == "Gitea" {
                        headers["X-\(name)-Event"] = "push"
                        headers["X-\(name)-Delivery"] = "\(ref)-\(commit)"
                        headers["X-\(name)-Signature"] = signature
                    }
                    return try await platform.hook(bytes, headers: headers, of: forge).status
                }
                #expect(try await post("refs/heads/main", first, secret: "another") == 401)
                #expect(try await post("refs/heads/main", first) == 202)
                // The same delivery again is the same push.
                #expect(try await post("refs/heads/main", first) == 202)
                let run = try await platform.finishedRun("shop/web", commit: first)
                #expect(run.summary.state == .success, "\(run)")
                #expect(run.summary.sender == "ada")
                let step = try #require(run.stages.first?.steps.first)
                let link = "https://git.example/shop/web/commit/\(first)"
                #expect(try await platform.log(run.summary.id, step.id).hasSuffix("\npush <> by ada, \(link)\n"))
                #expect(try await post("refs/tags/v1", first) == 202)
                var tagged: RunSummary?
                try await eventually(within: .seconds(60), every: .milliseconds(100), "the tag runs") {
                    tagged = try await platform.runs("shop/web").first { $0.event == .tag }
                    return tagged?.state.isFinal == true
                }
                let tag = try await platform.run(try #require(tagged).id)
                let look = try #require(tag.stages.first?.steps.first)
                #expect(try await platform.log(tag.summary.id, look.id).contains("\ntag <v1> by "))
                #expect(try await platform.runs("shop/web").count == 2)
            }
        }
    }
}
