import Contracts
import FoundationEssentials
import NIOHTTP1
import Secrets
import Testing

@testable import WebhookGateway

@Suite("GitHub's, Gitea's and Forgejo's hooks")
struct HubHooksTests {
    private static let all = [HubHook.github(), .gitea(), .gitea(isForgejo: true)]

    private func accepted(_ hook: HubHook, _ gateway: Gateway = Gateway()) async throws -> PushReceived {
        let answer = try await gateway.post(hook)
        try #require(answer.status == .accepted, "\(answer.body)")
        #expect(answer.body["status"] == "accepted", "\(answer.body)")
        return try #require(try gateway.broker.pushes().last)
    }

    @Test("a push is confirmed and says all that is known of it", arguments: all, [false, true])
    func push(_ hook: HubHook, _ form: Bool) async throws {
        var hook = hook
        hook.form = form
        let push = try await accepted(hook)
        let host = hook.forge == .github ? "github.com" : "gitea.example"
        expectMain(push, from: "https://\(host)/shop/web.git")
        let github = Trigger.Origin(
            avatarURL: "https://avatars.githubusercontent.com/u/583231?v=4", forge: "github", projectID: 1_296_269,
            projectURL: "https://github.com/shop/web", sshURL: "git@github.com:shop/web.git", visibility: "private")
        let gitea = Trigger.Origin(
            avatarURL: "https://gitea.example/avatars/1", forge: "gitea", projectID: 140,
            projectURL: "https://gitea.example/shop/web", sshURL: "ssh://git@gitea.example/shop/web.git",
            userName: "Ada Lovelace", visibility: "public")
        #expect(push.trigger.origin == (hook.forge == .github ? github : gitea))
    }

    @Test("a tag runs the commit, not the tag object; where the hook does not tell it sync finds it", arguments: all)
    func tag(_ hook: HubHook) async throws {
        var hook = hook
        hook.tag()
        var trigger = try await accepted(hook).trigger
        #expect(trigger.event == .tag)
        #expect(trigger.ref == "refs/tags/v1.2")
        #expect(trigger.commit == Hook.sha)
        #expect(trigger.branch == nil)
        #expect(trigger.before == nil)
        hook.members["head_commit"] = .null
        trigger = try await accepted(hook).trigger
        #expect(trigger.commit == nil)
    }

    @Test("a new branch has nothing before it; one that was forced keeps what was", arguments: all)
    func branches(_ hook: HubHook) async throws {
        var hook = hook
        hook.members["before"] = .string(Hook.zero)
        hook.members["created"] = true
        #expect(try await accepted(hook).trigger.before == nil)
        hook.members["before"] = .string(Hook.before)
        hook.members["created"] = false
        hook.members["forced"] = true
        #expect(try await accepted(hook).trigger.before == Hook.before)
    }

    @Test("a signed hook that somebody saw and sends again as another delivery is the same push")
    func replay() async throws {
        var ids: Set<MessageID> = []
        for hook in [HubHook.github(), .gitea(), .gitea(isForgejo: true)] {
            let id = try await accepted(hook).trigger.id
            for header in ["X-GitHub-Delivery", "X-Gitea-Delivery", "X-Forgejo-Delivery"] {
                for value in ["another", nil] {
                    var again = hook
                    again.extra[header] = .some(value)
                    #expect(try await accepted(again).trigger.id == id)
                }
            }
            var other = hook
            other.members["ref"] = "refs/heads/next"
            #expect(try await accepted(other).trigger.id != id)
            ids.insert(id)
        }
        // Forgejo sends what Gitea sends.
        #expect(ids.count == 2)
    }

    @Test("a signed hook that somebody saw and sends again as one of another forge is the same push")
    func otherForge() async throws {
        let hook = HubHook.github()
        let id = try await accepted(hook).trigger.id
        for isForgejo in [false, true] {
            var other = HubHook.gitea(isForgejo: isForgejo)
            other.members = hook.members
            #expect(try await accepted(other).trigger.id == id)
        }
    }

    @Test("an id of a hook without a signature is the delivery's")
    func identity() async throws {
        var hook = HubHook.gitea()
        hook.extra["Authorization"] = "Bearer \(try #require(hook.secret))"
        hook.secret = nil
        let id = try await accepted(hook).trigger.id
        #expect(try await accepted(hook).trigger.id == id)
        hook.extra["X-Gitea-Delivery"] = "another"
        #expect(try await accepted(hook).trigger.id != id)
        hook.extra["X-Gitea-Delivery"] = .some(nil)
        #expect(try await accepted(hook).trigger.id != accepted(hook).trigger.id)
    }

    @Test("what starts nothing is answered with success and a reason, once it is verified", arguments: all)
    func ignored(_ hook: HubHook) async throws {
        var hooks: [HubHook] = []
        var changed = hook
        changed.members["after"] = .string(Hook.zero)
        changed.members["deleted"] = true
        changed.members["head_commit"] = .null
        hooks.append(changed)
        for event in ["ping", "create", "delete", "pull_request", "release"] {
            changed = hook
            changed.event = event
            hooks.append(changed)
        }
        for hook in hooks {
            let gateway = Gateway()
            let answer = try await gateway.post(hook)
            #expect(answer.status == .accepted)
            #expect(answer.body["status"] == "ignored")
            #expect(answer.body["reason"]?.string?.isEmpty == false)
            #expect(gateway.broker.taken.isEmpty)
            var forged = hook
            forged.secret = "another"
            #expect(try await gateway.post(forged).status == .unauthorized)
        }
    }

    /// The ping of an organization's hook names no repository, and the hook has a group's secret.
    @Test("GitHub's pings say whether the secret is right")
    func ping() async throws {
        var gateway = Gateway()
        gateway.groups = try GroupSecrets("shop=group-secret-of-16+")
        var hook = HubHook.github()
        hook.event = "ping"
        hook.members = [
            "zen": "Keep it logically awesome.", "hook_id": 30, "hook": ["type": "Organization", "events": ["push"]],
            "organization": ["login": "shop", "id": 4], "sender": ["login": "ada"],
        ]
        hook.secret = "group-secret-of-16+"
        var answer = try await gateway.post(hook)
        #expect(answer.status == .accepted)
        #expect(answer.body["reason"] == "the hook of shop is set up: its secret is right")
        hook.secret = "group-secret-of-16-"
        answer = try await gateway.post(hook)
        #expect(answer.status == .unauthorized)
        hook.members["organization"] = nil
        answer = try await gateway.post(hook)
        #expect(answer.body["reason"] == "the event “ping” is of no repository")
    }

    @Test("a group's secret signs for its repositories", arguments: all)
    func groups(_ hook: HubHook) async throws {
        var hook = hook
        hook.secret = "group-secret-of-16+"
        for (groups, isRight) in [("shop", true), ("*", true), ("tools", false), ("sho", false)] {
            var gateway = Gateway()
            gateway.groups = try GroupSecrets("\(groups)=group-secret-of-16+")
            #expect(try await gateway.post(hook).status == (isRight ? .accepted : .unauthorized))
        }
    }

    @Test("one that is not signed, or with another secret, or changed on its way, is refused", arguments: all)
    func refused(_ hook: HubHook) async throws {
        let signature = hook.forge == .github ? "X-Hub-Signature-256" : "X-Gitea-Signature"
        func code(_ change: (inout HubHook) throws -> Void) async throws -> String? {
            let gateway = Gateway()
            var hook = hook
            try change(&hook)
            let answer = try await gateway.post(hook)
            #expect(answer.status == .unauthorized)
            #expect(answer.body["remedy"]?.string?.contains("slipway repo hook shop/web") == true)
            #expect(gateway.broker.taken.isEmpty)
            return answer.body["code"]?.string
        }
        #expect(try await code { $0.secret = nil } == "missing_signature")
        let other = HookToken(key: Hook.key).token(for: RepositoryPath(rawValue: "shop/other"))
        #expect(try await code { $0.secret = other } == "wrong_signature")
        let given = try #require(try hook.headers[one: signature])
        for wrong in [given + "0", String(given.dropLast()), "sha256=", "sha1=7d38", "x"] {
            let found = try await code { hook in
                hook.extra[signature] = wrong
                if hook.isForgejo { hook.extra["X-Forgejo-Signature"] = wrong }
            }
            #expect(found == "wrong_signature", "\(wrong)")
        }
        let changed = try await code { hook in
            let headers = try hook.headers
            for name in [signature] + (hook.isForgejo ? ["X-Forgejo-Signature"] : []) {
                hook.extra[name] = headers[one: name]
            }
            hook.members["ref"] = "refs/heads/evil"
        }
        #expect(changed == "wrong_signature")
        #expect(
            try await code { hook in
                hook.secret = other
                hook.members["ref"] = nil
            } == "wrong_signature")
    }

    @Test("Gitea's authorization header is taken where nothing is signed, and not beside a wrong signature")
    func authorization() async throws {
        let token = HookToken(key: Hook.key).token(for: RepositoryPath(rawValue: "shop/web"))
        var hook = HubHook.gitea()
        hook.secret = nil
        for value in ["Bearer \(token)", "token \(token)", token] {
            hook.extra["Authorization"] = value
            _ = try await accepted(hook)
        }
        for wrong in ["Bearer x", "Bearer \(token)0", token.uppercased(), "Bearer"] {
            hook.extra["Authorization"] = wrong
            let answer = try await Gateway().post(hook)
            #expect(answer.status == .unauthorized)
            #expect(answer.body["code"] == "wrong_token")
        }
        hook.secret = "another"
        hook.extra["Authorization"] = "Bearer \(token)"
        #expect(try await Gateway().post(hook).body["code"] == "wrong_signature")
        // GitHub has no such header.
        var github = HubHook.github()
        github.secret = nil
        github.extra["Authorization"] = "Bearer \(token)"
        #expect(try await Gateway().post(github).body["code"] == "missing_signature")
    }

    @Test("what cannot be used is refused with what to change", arguments: all)
    func unusable(_ hook: HubHook) async throws {
        let changes: [(String, (inout HubHook) -> Void)] = [
            ("missing_member", { $0.members["ref"] = nil }), ("missing_member", { $0.members["after"] = .null }),
            ("missing_member", { $0.members["repository"] = "shop/web" }),
            ("missing_member", { $0.set(nil, in: "repository", "clone_url") }),
            ("malformed_path", { $0.set("../../etc", in: "repository", "full_name") }),
            ("malformed_ref", { $0.members["ref"] = "main" }),
            ("malformed_ref", { $0.members["ref"] = "refs/notes/commits" }),
            ("malformed_ref", { $0.members["ref"] = "refs/tags/v1~1" }),
            ("malformed_ref", { $0.set("a..b", in: "repository", "default_branch") }),
            ("malformed_commit", { $0.members["after"] = "--help" }),
            ("malformed_commit", { $0.members["before"] = "HEAD~1" }),
            (
                "malformed_commit",
                { hook in
                    hook.tag()
                    hook.set("v1.2", in: "head_commit", "id")
                }
            ),
            ("malformed_url", { $0.set("https://git.example/a b", in: "repository", "clone_url") }),
        ]
        for (code, change) in changes {
            let gateway = Gateway()
            var hook = hook
            change(&hook)
            let answer = try await gateway.post(hook)
            #expect(answer.status == .badRequest)
            #expect(answer.body["code"]?.string == code, "\(answer.body)")
            #expect(gateway.broker.taken.isEmpty)
        }
    }
}
