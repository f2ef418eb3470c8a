import Contracts
import FoundationEssentials
import NIOHTTP1
import Secrets
import Testing

@testable import WebhookGateway

/// A hook with the secret of another repository: a group's hook, or one that was copied.
@Suite("A hook with another one's secret")
struct HookInquiryTests {
    private static let command = "slipway repo add shop/web https://git.example/shop/web.git"

    private func gateway(
        isRegistered: Bool = false, _ neighbours: [String] = ["shop/other", "tools/ci"], groups: String = ""
    ) throws -> Gateway {
        var gateway = Gateway()
        gateway.inquiry = HookInquiryReply(
            isRegistered: isRegistered, neighbours: neighbours.map(RepositoryPath.init(rawValue:)))
        if !groups.isEmpty { gateway.groups = try GroupSecrets(groups) }
        return gateway
    }

    private func secret(of path: String) -> String {
        HookToken(key: Hook.key).token(for: RepositoryPath(rawValue: path))
    }

    private func hook(token: String) -> Hook {
        var hook = Hook()
        hook.headers[one: GitLab.Header.token] = token
        return hook
    }

    @Test("makes a repository known that nobody registered, and runs nothing", arguments: ["shop/other", "tools/ci"])
    func discovered(_ other: String) async throws {
        let gateway = try gateway()
        let answer = try await gateway.post(hook(token: secret(of: other)))
        #expect(answer.status == .accepted)
        #expect(answer.body["status"] == "ignored")
        #expect(answer.body["reason"]?.string?.contains("`\(Self.command)`") == true)
        let push = try #require(try gateway.broker.pushes().first)
        #expect(push.secretOf?.rawValue == other)
        #expect(push.trigger.repository.rawValue == "shop/web")
    }

    @Test("is known by its signature as well, and by another group's secret")
    func signed() async throws {
        for var hook in [HubHook.github(), .gitea(), .gitea(isForgejo: true)] {
            hook.secret = secret(of: "tools/ci")
            let gateway = try gateway()
            #expect(try await gateway.post(hook).status == .accepted)
            #expect(try gateway.broker.pushes().map(\.secretOf?.rawValue) == ["tools/ci"])
        }
        let grouped = try gateway(groups: "tools=group-secret-of-16+")
        #expect(try await grouped.post(hook(token: "group-secret-of-16+")).status == .accepted)
        #expect(try grouped.broker.pushes().map(\.secretOf?.rawValue) == ["tools"])
    }

    @Test("does not make a repository known by an address that is not its own, or of a server nothing is known of")
    func misled() async throws {
        let secrets = [secret(of: "shop/other"), "group-secret-of-16+"]
        let others = [
            "https://git.example/evil/web.git", "https://git.example/evil-shop/web.git", "https://shop/web",
            "https://git.example/shop/web.git.git", "no address",
        ]
        for secret in secrets {
            for other in others {
                let gateway = try gateway(groups: "tools=group-secret-of-16+")
                var hook = hook(token: secret)
                hook.set(.string(other), in: "project", "git_http_url")
                #expect(try await gateway.post(hook).status == .unauthorized)
                #expect(gateway.broker.taken.isEmpty)
            }
            let alone = try gateway([], groups: "tools=group-secret-of-16+")
            #expect(try await alone.post(hook(token: secret)).status == .unauthorized)
            #expect(alone.broker.taken.isEmpty)
        }
    }

    @Test("is ignored with success where its own repository's would be")
    func ignored() async throws {
        var deleted = hook(token: secret(of: "shop/other"))
        deleted.members["after"] = .string(Hook.zero)
        var merge = hook(token: secret(of: "shop/other"))
        merge.members["object_kind"] = "merge_request"
        for hook in [deleted, merge] {
            let gateway = try gateway()
            let answer = try await gateway.post(hook)
            #expect(answer.status == .accepted)
            #expect(answer.body["status"] == "ignored")
            #expect(gateway.broker.taken.isEmpty)
        }
    }

    @Test("is not told that its secret is right")
    func ping() async throws {
        var hook = HubHook.github()
        hook.event = "ping"
        hook.secret = secret(of: "shop/other")
        let answer = try await gateway().post(hook)
        #expect(answer.status == .accepted)
        let reason = answer.body["reason"]?.string ?? ""
        #expect(reason.hasPrefix("shop/web is not registered, so its hooks start nothing: `slipway repo add shop/web "))
        // Its own is.
        hook.secret = secret(of: "shop/web")
        #expect(
            try await gateway().post(hook).body["reason"] == "the hook of shop/web is set up: its secret is right")
    }

    @Test("does nothing for a repository that has a secret of its own")
    func registered() async throws {
        let gateway = try gateway(isRegistered: true)
        #expect(try await gateway.post(hook(token: secret(of: "shop/other"))).status == .unauthorized)
        #expect(gateway.broker.taken.isEmpty)
    }

    /// The answers do not tell a stranger which repositories there are.
    @Test("a stranger is told the same of every repository, and leaves nothing behind")
    func strangers() async throws {
        var hooks = [hook(token: "guessed"), hook(token: secret(of: "nobody/knows"))]
        hooks.append(try Hook().signed(secret: "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="))
        for hook in hooks {
            var bodies: Set<String> = []
            for gateway in [try gateway(), try gateway(isRegistered: true), Gateway()] {
                let answer = try await gateway.post(hook)
                #expect(answer.status == .unauthorized)
                #expect(gateway.broker.taken.isEmpty)
                bodies.insert(String(decoding: try Wire.encode(answer.body), as: UTF8.self))
            }
            #expect(bodies.count == 1)
            // What an honest sender does first comes first.
            let text = try #require(bodies.first)
            let add = try #require(text.firstRange(of: Self.command))
            let enter = try #require(text.firstRange(of: "`slipway repo hook shop/web`"))
            #expect(add.upperBound < enter.lowerBound)
        }
    }

    @Test("an organization's hook is told where its secret goes")
    func organization() async throws {
        var hook = HubHook.github()
        hook.event = "ping"
        hook.members["repository"] = nil
        hook.secret = "something else"
        let answer = try await gateway().post(hook)
        #expect(answer.status == .unauthorized)
        #expect(answer.body["remedy"]?.string?.contains("SLIPWAY_HOOK_SECRETS=shop=<secret>") == true)
    }

    @Test("strangers cannot keep the platform busy")
    func budget() {
        var budget = InquiryBudget()
        let start = ContinuousClock.now
        let granted = (0..<1000).count { _ in budget.take(now: start) }
        #expect(granted == Int(InquiryBudget.burst))
        let later = start + .seconds(2)
        #expect((0..<1000).count { _ in budget.take(now: later) } == Int(2 * InquiryBudget.perSecond))
        #expect((0..<1000).count { _ in budget.take(now: later + .seconds(3600)) } == Int(InquiryBudget.burst))
    }

    @Test("who comes when too many have asked is refused at once")
    func exhausted() async throws {
        var gateway = try gateway()
        while gateway.budget.take(now: .now + .seconds(60)) {}
        #expect(try await gateway.post(hook(token: secret(of: "shop/other"))).status == .unauthorized)
    }

    @Test("of a large body few signatures are tried")
    func work() async throws {
        let paths = (0..<1000).map { "shop/other\($0)" }
        var gateway = try gateway(paths)
        gateway.limit = 2 << 20
        var hook = HubHook.github()
        hook.members["filling"] = .string(String(repeating: "x", count: 1 << 20))
        hook.secret = secret(of: "shop/other7")
        #expect(try await gateway.post(hook).status == .accepted)
        hook.secret = secret(of: "shop/other900")
        #expect(try await gateway.post(hook).status == .unauthorized)
        hook.members["filling"] = nil
        #expect(try await gateway.post(hook).status == .accepted)
        // A group's secret is one of them.
        hook.members["filling"] = .string(String(repeating: "x", count: 1 << 20))
        hook.secret = secret(of: "shop/other7")
        gateway.groups = try GroupSecrets((0..<9).map { "group\($0)=group-secret-of-16+\($0)" }.joined(separator: ","))
        #expect(try await gateway.post(hook).status == .unauthorized)
        hook.secret = secret(of: "shop/other6")
        #expect(try await gateway.post(hook).status == .accepted)
    }
}
