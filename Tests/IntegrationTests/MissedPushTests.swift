import Contracts
import FoundationEssentials
import TestSupport
import Testing

/// Pushes that no hook tells of: of more refs than a forge tells of, and while the gateway's machine is away.
@Suite struct MissedPushTests {
    private static let file = """
        kind: pipeline
        type: exec
        name: main
        steps:
        - name: look
          commands: ['echo "$DRONE_BUILD_EVENT $DRONE_COMMIT_REF"']
        """

    @Test func areMadeUpOnce() async throws {
        let settings = ["SLIPWAY_MISSED_PUSHES_INTERVAL": "1s", "SLIPWAY_MISSED_PUSHES_PATIENCE": "1s"]
        try await Stack.with(settings: ["pipeline": settings]) { stack in
            let platform = stack.platform
            try await GitForge.with { server in
                let repository = try await server.repository("shop/web")
                let url = server.url("shop/web")
                try await platform.addRepository("shop/web", cloneURL: url, forge: .gitlab)
                let token = try await platform.hookToken("shop/web")
                let zeros = String(repeating: "0", count: 40)
                func hook(_ ref: String, _ before: String?, _ commit: String) async throws {
                    let body: JSONValue = [
                        "object_kind": ref.hasPrefix("refs/tags/") ? "tag_push" : "push", "ref": .string(ref),
                        "before": .string(before ?? zeros), "after": .string(commit), "checkout_sha": .string(commit),
                        "user_username": "ada",
                        "project": [
                            "id": 1, "path_with_namespace": "shop/web", "git_http_url": .string(url),
                            "default_branch": "main",
                        ],
                    ]
                    let headers = ["X-Gitlab-Token": token, "Idempotency-Key": "\(ref)-\(commit)"]
                    #expect(try await platform.hook(Array(try Wire.encode(body)), headers: headers).status == 202)
                }
                func listings() throws -> Int {
                    try server.requests().count { $0.contains("/info/refs") }
                }
                func runs(_ count: Int) async throws -> [RunSummary] {
                    var found: [RunSummary] = []
                    try await eventually(within: .seconds(90), every: .milliseconds(100), "\(count) runs end") {
                        found = try await platform.runs("shop/web")
                        return found.count >= count && found.allSatisfy(\.state.isFinal)
                    }
                    return found
                }
                let first = try await repository.push([".slipway.yml": Self.file])
                try await hook("refs/heads/main", nil, first)
                _ = try await runs(1)
                // Where everything begins is known once it was asked for twice.
                let known = try listings() + 3
                try await eventually(within: .seconds(60), "the heads are compared") { try listings() >= known }

                // More than three refs in one push: GitLab sends no hook.
                let second = try await repository.pushRefs(
                    ["refs/heads/main", "refs/heads/a", "refs/heads/b", "refs/heads/c", "refs/tags/v1"], ["x": "1"])
                var found = try await runs(6)
                #expect(found.count == 6 && found.allSatisfy { $0.state == .success }, "\(found)")
                let madeUp = found.filter { $0.commit?.sha == second }
                #expect(madeUp.count == 5 && madeUp.allSatisfy { $0.madeUp == true })
                #expect(
                    Set(madeUp.map(\.ref)) == [
                        "refs/heads/main", "refs/heads/a", "refs/heads/b", "refs/heads/c", "refs/tags/v1",
                    ])

                // The gateway's machine is away: its hooks come late, or never.
                try await stack.service("webhook-gateway").kill()
                let third = try await repository.pushRefs(["refs/heads/main"], ["x": "2"])
                found = try await runs(7)
                #expect(found.first?.madeUp == true && found.first?.commit?.sha == third)
                try await stack.service("webhook-gateway").start()
                try await stack.ready()
                try await hook("refs/heads/main", first, second)
                try await hook("refs/heads/a", nil, second)
                try await hook("refs/tags/v1", nil, second)
                try await hook("refs/heads/main", second, third)
                // What comes after them in the same queue is one run more, and the only one.
                let fourth = try await repository.pushRefs(["refs/heads/main"], ["x": "3"])
                try await hook("refs/heads/main", third, fourth)
                found = try await runs(8)
                #expect(found.first?.commit?.sha == fourth)
                let later = try listings() + 4
                try await eventually(within: .seconds(60), "the heads are compared") { try listings() >= later }
                #expect(try await platform.runs("shop/web").count == 8)
                let page = try await platform.run(try #require(madeUp.first).id)
                #expect(page.summary.note?.contains("no hook arrived for this push") == true)
            }
        }
    }
}
