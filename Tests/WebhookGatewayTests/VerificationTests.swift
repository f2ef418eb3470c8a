import Contracts
import FoundationEssentials
import NIOHTTP1
import Runtime
import Secrets
import Testing

@testable import WebhookGateway

@Suite("Who may send hooks")
struct VerificationTests {
    private static let groupSecret = "group-secret-of-16+"
    private static let signingSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
    private static let derived = Hook.signingSecret

    private func gateway(_ groups: String = "") throws -> Gateway {
        var gateway = Gateway()
        if !groups.isEmpty { gateway.groups = try GroupSecrets(groups) }
        return gateway
    }

    private func signed(_ repositories: String) throws -> Gateway {
        var gateway = Gateway()
        gateway.signed = try SignedRepositories(repositories)
        return gateway
    }

    @Test("a token that somebody learnt is none for a repository whose hooks are signed")
    func tokenOfSigned() async throws {
        let hook = Hook()
        let ofGroup = "shop=\(Self.signingSecret)"
        for gateway in [
            try gateway(ofGroup), try signed("shop"), try signed("tools, shop/web"), try signed("*"),
        ] {
            #expect(try await refusal(hook, gateway) == "unsigned")
            var without = hook
            without.headers[one: GitLab.Header.token] = nil
            #expect(try await refusal(without, gateway) == "unsigned")
            #expect(try await gateway.post(hook.signed(secret: Self.derived)).status == .accepted)
        }
        var gitea = HubHook.gitea()
        gitea.extra["Authorization"] = "Bearer \(try #require(gitea.secret))"
        #expect(try await signed("shop").post(gitea).status == .accepted)
        gitea.secret = nil
        #expect(try await Gateway().post(gitea).status == .accepted)
        #expect(try await signed("shop").post(gitea).status == .unauthorized)
        // Of other repositories, and where a group has both, while it moves from one to the other.
        for gateway in [
            try gateway("tools=\(Self.signingSecret)"), try signed("sho,shop/web2,shop/web/x"),
            try gateway("\(ofGroup),shop=\(Self.groupSecret)"),
        ] {
            #expect(try await gateway.post(hook).status == .accepted)
        }
        #expect(throws: SettingProblem.self) { try SignedRepositories("shop,a b") }
    }

    @Test("hooks that a signing secret turns away though their token is right are remarked upon, and no others")
    func remark() async throws {
        func gateway(_ groups: String, _ signed: String = "") throws -> (Gateway, HookSecrets) {
            var gateway = Gateway()
            let secrets = HookSecrets(
                token: HookToken(key: Hook.key), groups: try GroupSecrets(groups),
                signed: try SignedRepositories(signed))
            gateway.secrets = secrets
            return (gateway, secrets)
        }
        let (all, secrets) = try gateway("*=\(Self.signingSecret)")
        var wrong = Hook()
        wrong.headers[one: GitLab.Header.token] = "wrong"
        #expect(try await refusal(wrong, all) == "unsigned")
        #expect(try await all.post(Hook().signed(secret: Self.derived)).status == .accepted)
        #expect(secrets.unsignedRemark == nil)
        for _ in 0..<2 { #expect(try await all.post(Hook()).status == .unauthorized) }
        let remark = try #require(secrets.unsignedRemark)
        #expect(remark.contains("1 repository, such as shop/web,"))
        #expect(remark.contains("SLIPWAY_HOOK_SECRETS has a signing secret and no token for *;"))
        #expect(remark.contains("add *=<a token> to SLIPWAY_HOOK_SECRETS"))
        let (named, ofNamed) = try gateway("", "shop")
        var gitea = HubHook.gitea()
        gitea.extra["Authorization"] = "Bearer \(try #require(gitea.secret))"
        gitea.secret = nil
        #expect(try await named.post(gitea).status == .unauthorized)
        #expect(ofNamed.unsignedRemark?.contains("SLIPWAY_HOOK_SIGNED") == true)
        let text = "*=\(Self.groupSecret),tools=\(Self.signingSecret)"
        #expect(try GroupSecrets(text).signingGroups.isEmpty)
        #expect(try GroupSecrets("b=\(Self.groupSecret),a=\(Self.signingSecret)").signingGroups == ["a"])
    }

    private func refusal(_ hook: Hook, _ gateway: Gateway) async throws -> String? {
        let answer = try await gateway.post(hook)
        #expect(gateway.broker.taken.isEmpty)
        #expect(answer.status == .unauthorized)
        #expect(answer.body["remedy"] != .some(""))
        return answer.body["code"]?.string
    }

    @Test("no token, a wrong one, another repository's, a longer one")
    func tokens() async throws {
        var hook = Hook()
        let right = try #require(hook.headers[one: GitLab.Header.token])
        hook.headers[one: GitLab.Header.token] = nil
        #expect(try await refusal(hook, gateway()) == "missing_token")
        let other = HookToken(key: Hook.key).token(for: RepositoryPath(rawValue: "shop/other"))
        for wrong in ["", "x", other, right + "0", String(right.dropLast()), right.uppercased()] {
            hook.headers[one: GitLab.Header.token] = wrong
            #expect(try await refusal(hook, gateway()) == "wrong_token")
        }
    }

    @Test("tokens that were right once are right again, and no other repository's")
    func knownTokens() throws {
        let token = HookToken(key: Hook.key)
        let secrets = HookSecrets(token: token, groups: GroupSecrets())
        let paths = (0...HookSecrets.limit).map { RepositoryPath(rawValue: "shop/web\($0)") }
        for path in paths + paths.prefix(2) {
            let other = token.token(for: RepositoryPath(rawValue: "shop/other"))
            #expect(!secrets.accept(token: other, for: .repository(path)))
            for _ in 0..<2 { #expect(secrets.accept(token: token.token(for: path), for: .repository(path))) }
            #expect(!secrets.accept(token: "", for: .repository(path)))
        }
    }

    @Test("what is refused for its sender is refused before anything else is told")
    func orderOfChecks() async throws {
        var hook = Hook()
        hook.headers[one: GitLab.Header.token] = "wrong"
        hook.members["ref"] = nil
        #expect(try await refusal(hook, gateway()) == "wrong_token")
        hook.members["object_kind"] = "merge_request"
        #expect(try await refusal(hook, gateway()) == "wrong_token")
    }

    @Test(
        "a group's secret holds for its repositories",
        arguments: [
            ("shop=\(groupSecret)", true), ("*=\(groupSecret)", true), ("shop/web=\(groupSecret)", true),
            ("tools=another-secret-here,shop=\(groupSecret)", true), ("sho=\(groupSecret)", false),
            ("shop/we=\(groupSecret)", false), ("tools=\(groupSecret)", false),
        ])
    func groups(_ groups: String, _ accepted: Bool) async throws {
        var hook = Hook()
        hook.headers[one: GitLab.Header.token] = Self.groupSecret
        #expect(try await gateway(groups).post(hook).status == (accepted ? .accepted : .unauthorized))
    }

    @Test(
        "group secrets that cannot be used name the entry, not the secret",
        arguments: [
            ("shop", "group=secret"), ("=swordfish", "group=secret"), ("shop=swordfish", "16 characters"),
            ("a b//=swordfish-swordfish", "group=secret"), ("shop=whsec_swordfish!", "at least 16 bytes in base64"),
            ("shop=whsec_c3dvcmRmaXNo", "at least 16 bytes in base64"),
        ])
    func badGroups(_ text: String, _ expected: String) throws {
        let error = #expect(throws: SettingProblem.self) { try GroupSecrets("ok=0123456789abcdef," + text) }
        let words = try #require(error?.expected)
        #expect(words.contains(expected) && words.contains("entry 2"))
        #expect(!words.contains("swordfish") && !words.contains("c3dvcmRmaXNo"))
    }

    @Test("a signature of the repository's token or of a group's signing secret")
    func signatures() async throws {
        #expect(try await gateway().post(Hook().signed(secret: Self.derived)).status == .accepted)
        let group = try gateway("shop=\(Self.signingSecret)")
        #expect(try await group.post(Hook().signed(secret: Self.signingSecret)).status == .accepted)
        // While a key is rotated there are several signatures.
        #expect(
            try await group.post(Hook().signed(secret: Self.signingSecret, prefix: "v1,AAAA v2,xx ")).status
                == .accepted)
        #expect(try await refusal(Hook().signed(secret: Self.signingSecret), gateway()) == "wrong_signature")
    }

    @Test("a signature that is there has to verify, whatever the token")
    func noFallback() async throws {
        let token = Hook().headers[one: GitLab.Header.token]
        var wrong = try Hook().signed(secret: Self.signingSecret)
        wrong.headers[one: GitLab.Header.token] = token
        #expect(try await refusal(wrong, gateway()) == "wrong_signature")
        var alone = Hook()
        alone.headers[one: StandardWebhook.Header.signature] = "v1,AAAA"
        #expect(try await refusal(alone, gateway()) == "incomplete_signature")
        var empty = Hook()
        empty.headers[one: StandardWebhook.Header.signature] = ""
        #expect(try await refusal(empty, gateway()) == "incomplete_signature")
    }

    @Test("a body, an id or a moment that was changed does not verify")
    func changed() async throws {
        let hook = try Hook().signed(secret: Self.derived)
        var id = hook
        id.headers[one: StandardWebhook.Header.id] = "msg-2"
        #expect(try await refusal(id, gateway()) == "wrong_signature")
        var body = hook
        body.members["ref"] = "refs/heads/evil"
        #expect(try await refusal(body, gateway()) == "wrong_signature")
        let now = Timestamp.now.milliseconds / 1000
        for seconds in [now - 301, now + 3600, 1, 9_000_000_000_000] {
            #expect(try await refusal(Hook().signed(secret: Self.derived, at: seconds), gateway()) == "stale_signature")
        }
        #expect(try await gateway().post(Hook().signed(secret: Self.derived, at: now - 200)).status == .accepted)
        var malformed = hook
        malformed.headers[one: StandardWebhook.Header.timestamp] = "now"
        #expect(try await refusal(malformed, gateway()) == "malformed_timestamp")
    }
}
