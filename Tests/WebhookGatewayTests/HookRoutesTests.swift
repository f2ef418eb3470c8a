import Contracts
import NIOHTTP1
import Secrets
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
            ("ftp://gateway.example/hooks/other", "“ftp://gateway.example/hooks/other”"),
            ("http://gateway.example/hooks", "“/hooks”"), ("/webhook", "“/webhook”"), ("/hook?forge=gitlab", "“/hook”"),
            ("*", "“*”"),
        ])
    func elsewhere(_ target: String, _ told: String) async throws {
        var hook = Hook()
        hook.headers = ["Content-Type": "application/json"]
        let answer = try await Gateway().post(hook, to: target)
        #expect(answer.status == .notFound)
        #expect(answer.body["message"]?.string?.hasPrefix(told) == true)
        #expect(answer.body["remedy"] == "post to /hooks/gitea or /hooks/github or /hooks/gitlab")
    }

    @Test(
        "GitLab's hook at another address is told its own",
        arguments: [
            "/", "/hooks", "/hooks/", "/webhook", "/hook?x=y", "/hooks/github", "/hooks/gitlab/", "/Hooks/GitLab",
        ],
        [[], [GitLab.Header.event]])
    func gitlabElsewhere(_ target: String, _ missing: [String]) async throws {
        var hook = Hook()
        for name in missing { hook.headers[one: name] = nil }
        let path = String(target.prefix { $0 != "?" })
        let answer = try await Gateway().post(hook, to: target)
        #expect(answer.status == .badRequest)
        #expect(answer.body["code"] == "wrong_address")
        #expect(answer.body["message"]?.string?.contains("GitLab") == true)
        #expect(answer.body["message"]?.string?.contains("“\(path)”") == true)
        #expect(answer.body["remedy"]?.string?.contains("/hooks/gitlab") == true)
    }

    /// The headers that each sends; Azure DevOps has none but the name of its client.
    private static let foreign: [(product: String, headers: [String: String])] = [
        ("Gitee", ["X-Gitee-Event": "Push Hook"]),
        ("Bitbucket", ["X-Event-Key": "repo:push"]), ("Bitbucket", ["X-Event-Key": "diagnostics:ping"]),
        ("Gogs", ["X-Gogs-Event": "push"]),
        ("Gogs", ["X-GitHub-Event": "push", "X-Gogs-Event": "push"]), ("Coding", ["X-Coding-Event": "push"]),
        ("Coding", ["User-Agent": "Coding.net Hook"]),
        ("Codeup", ["X-Codeup-Event": "Push Hook"]), ("GitCode", ["X-GitCode-Event": "Push Hook"]),
        ("OneDev", ["X-OneDev-Signature": "secret"]),
        ("AWS CodeCommit (by Amazon SNS)", ["x-amz-sns-message-type": "SubscriptionConfirmation"]),
        ("Azure DevOps", ["User-Agent": "VSServices/19.249.35410.1 (TfsJobAgent.exe)"]),
    ]

    @Test(
        "a hook of a forge that is not served is told so, at any address", arguments: foreign,
        ["/hooks/gitlab", "/hooks/github", "/", "/webhook?x=y"])
    func otherForges(_ forge: (product: String, headers: [String: String]), _ path: String) async throws {
        var hook = Hook()
        hook.headers = ["Content-Type": "application/x-www-form-urlencoded"]
        for (name, value) in forge.headers { hook.headers[one: name] = value }
        let answer = try await Gateway().post(hook, to: path)
        #expect(answer.status == .badRequest)
        #expect(answer.body["code"] == "unserved_forge")
        #expect(answer.body["message"]?.string?.contains("a hook of \(forge.product),") == true)
        #expect(answer.body["remedy"]?.string?.contains("/hooks/gitlab") == true)
    }

    /// Gitea's and Forgejo's have headers for receivers of other forges' hooks as well.
    @Test(
        "a hook at another forge's address is told its own",
        arguments: [
            ("GitHub", "/hooks/github", ["X-GitHub-Event"]),
            ("Gitea", "/hooks/gitea", ["X-GitHub-Event", "X-Gogs-Event", "X-Gitea-Event"]),
            ("Forgejo", "/hooks/gitea", ["X-GitHub-Event", "X-Gogs-Event", "X-Gitea-Event", "X-Forgejo-Event"]),
        ], ["/hooks/gitlab", "/hooks/github", "/hooks/gitea", "/", "/hooks/forgejo"])
    func misdirected(_ forge: (product: String, address: String, headers: [String]), _ path: String) async throws {
        var hook = Hook()
        hook.headers = ["Content-Type": "application/json"]
        for name in forge.headers { hook.headers[one: name] = "push" }
        let answer = try await Gateway().post(hook, to: path)
        if path == forge.address { return #expect(answer.body["code"] != "wrong_address") }
        #expect(answer.status == .badRequest)
        #expect(answer.body["code"] == "wrong_address")
        #expect(answer.body["message"]?.string?.contains("a hook of \(forge.product),") == true)
        #expect(answer.body["remedy"] == .string("enter \(forge.address) as its address"))
    }

    @Test("every forge that is known everywhere has a reader of its hooks here")
    func registry() {
        let secrets = HookSecrets(token: HookToken(key: Hook.key), groups: GroupSecrets())
        #expect(ForgeRegistry.all(secrets).map(\.forge) == Forge.all)
    }

    @Test("one that no header tells is known by its body, or by the address that was made for it")
    func withoutHeaders() async throws {
        let bodies: [(String, JSONValue)] = [
            ("Azure DevOps", ["eventType": "git.push", "publisherId": "tfs", "resource": ["refUpdates": []]]),
            ("Bitbucket", ["eventKey": "repo:refs_changed", "changes": []]),
            ("Bitbucket", ["actor": [:], "push": ["changes": []]]),
            ("Gerrit", ["type": "ref-updated", "refUpdate": [:]]),
            ("AWS CodeCommit (by Amazon SNS)", ["Type": "Notification", "TopicArn": "arn:aws:sns:x"]),
        ]
        var hook = Hook()
        hook.headers = ["Content-Type": "application/json; charset=utf-8"]
        func told(_ body: JSONValue, _ path: String) async throws -> [String?] {
            let answer = try await Gateway().post(hook, body: Array(try Wire.encode(body)), to: path)
            return ["\(answer.status.code)", answer.body["code"]?.string, answer.body["message"]?.string]
        }
        for (product, body) in bodies {
            let message = "this looks like a hook of \(product), whose hooks are not taken yet"
            #expect(try await told(body, "/hooks/gitlab") == ["400", "unserved_forge", message])
        }
        let azure = try await told(["eventType": "git.push"], "/hooks/azure")
        #expect(
            azure == ["400", "unserved_forge", "this looks like a hook of Azure DevOps, whose hooks are not taken yet"])
        let pushed: JSONValue = ["ref": "refs/heads/main", "pusher": ["name": "ada"]]
        #expect(try await told(pushed, "/hooks/gitlab").prefix(2) == ["400", "wrong_address"])
        #expect(try await told(pushed, "/hooks/github").prefix(2) == ["400", "unknown_hook"])
        let forgejo = try await told(["x": 1], "/hooks/forgejo")
        #expect(
            forgejo == [
                "400", "wrong_address",
                "this looks like a hook of Forgejo, which “/hooks/forgejo” does not take",
            ])
        for body in [[:], ["test": true], ["project": ["path_with_namespace": "shop/web"]]] as [JSONValue] {
            #expect(try await told(body, "/hooks/gitlab").prefix(2) == ["400", "unknown_hook"])
        }
        // What GitLab names no event in is still GitLab's, and no failure to it.
        hook.headers[one: GitLab.Header.event] = "New Hook"
        #expect(try await told([:], "/hooks/gitlab")[0] == "202")
    }
}
