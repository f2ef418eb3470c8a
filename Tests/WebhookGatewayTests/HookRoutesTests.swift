import Contracts
import NIOHTTP1
import Testing

@testable import WebhookGateway

@Suite("Where a hook goes")
struct HookRoutesTests {
    @Test(
        "the target is a path, or a whole address as proxies get it",
        arguments: [
            "/hooks/gitlab", "/hooks/gitlab?a=b", "http://gateway.example/hooks/gitlab",
            "HTTPS://gateway.example:8443/hooks/gitlab?a=b", "http://[::1]:8080/hooks/gitlab#x",
        ])
    func targets(_ target: String) async throws {
        #expect(try await Gateway().post(Hook(), to: target).status == .accepted)
    }

    @Test(
        "other addresses are 404, told without their host",
        arguments: [
            ("/", "“/”"), ("http://gateway.example", "“/”"), ("http://gateway.example?hooks/gitlab", "“/”"),
            ("ftp://gateway.example/hooks/gitlab", "“ftp://gateway.example/hooks/gitlab”"),
            ("http://gateway.example/hooks", "“/hooks”"), ("*", "“*”"),
        ])
    func elsewhere(_ target: String, _ told: String) async throws {
        var hook = Hook()
        hook.headers[one: HookHeader.gitlabEvent] = nil
        let answer = try await Gateway().post(hook, to: target)
        #expect(answer.status == .notFound)
        #expect(answer.body["message"]?.string?.hasPrefix(told) == true)
        #expect(answer.body["remedy"] == "post to /hooks/gitlab")
    }

    @Test("GitLab's hook at another address is told its own", arguments: ["/", "/hooks/github", "/hooks/gitlab/"])
    func gitlabElsewhere(_ path: String) async throws {
        let answer = try await Gateway().post(Hook(), to: path)
        #expect(answer.status == .badRequest)
        #expect(answer.body["code"] == "wrong_address")
        #expect(answer.body["message"]?.string?.contains("GitLab") == true)
        #expect(answer.body["message"]?.string?.contains("“\(path)”") == true)
        #expect(answer.body["remedy"]?.string?.contains("/hooks/gitlab") == true)
    }

    /// The headers that each sends, Gitea's and Forgejo's for receivers of other forges' hooks among them.
    @Test(
        "a hook of a forge that is not served is told so, at any address",
        arguments: [
            ("GitHub", ["X-GitHub-Event"]), ("Bitbucket", ["X-Event-Key"]), ("Gitee", ["X-Gitee-Event"]),
            ("Gogs", ["X-Gogs-Event"]), ("Gitea", ["X-GitHub-Event", "X-Gogs-Event", "X-Gitea-Event"]),
            ("Forgejo", ["X-GitHub-Event", "X-Gogs-Event", "X-Gitea-Event", "X-Forgejo-Event"]),
        ], ["/hooks/gitlab", "/hooks/github", "/"])
    func otherForges(_ forge: (product: String, headers: [String]), _ path: String) async throws {
        var hook = Hook()
        hook.headers = ["Content-Type": "application/x-www-form-urlencoded"]
        for name in forge.headers { hook.headers[one: name] = "push" }
        let answer = try await Gateway().post(hook, to: path)
        #expect(answer.status == .badRequest)
        #expect(answer.body["code"] == "unserved_forge")
        #expect(answer.body["message"]?.string?.contains("a hook of \(forge.product),") == true)
        #expect(answer.body["remedy"]?.string?.contains("/hooks/gitlab") == true)
    }
}
