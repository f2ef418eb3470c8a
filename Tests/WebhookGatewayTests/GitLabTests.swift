import Contracts
import FoundationEssentials
import Messaging
import NIOHTTP1
import Secrets
import Testing

@testable import WebhookGateway

@Suite("GitLab's hooks")
struct GitLabTests {
    @Test("a push is confirmed and says all that is known of it")
    func push() async throws {
        let gateway = Gateway()
        let answer = try await gateway.post(Hook())
        #expect(answer.status == .accepted)
        #expect(answer.body["status"] == "accepted")
        let push = try #require(try gateway.broker.pushes().first)
        expectMain(push, from: "https://git.example/shop/web.git")
        let trigger = push.trigger
        #expect(
            trigger.origin
                == Trigger.Origin(
                    avatarURL: "https://git.example/ada.png", forge: "gitlab", projectID: 15,
                    projectURL: "https://git.example/shop/web", sshURL: "git@git.example:shop/web.git",
                    userName: "Ada “the” Lovelace", visibility: "internal"))
        #expect(answer.body["id"]?.string == trigger.id.rawValue)
        let message = try #require(gateway.broker.taken.first)
        #expect(message.id == trigger.id)
        #expect(message.routingKey == "slipway.sync")
        #expect(message.mandatory)
    }

    @Test("a tag runs the commit, not the tag object")
    func tag() async throws {
        let gateway = Gateway()
        #expect(try await gateway.post(.tag()).status == .accepted)
        let trigger = try #require(try gateway.broker.pushes().first).trigger
        #expect(trigger.event == .tag)
        #expect(trigger.commit == Hook.sha)
        #expect(trigger.branch == nil)
        #expect(trigger.before == nil)
    }

    @Test("a new branch has nothing before it; a push option asks for no run")
    func newBranch() async throws {
        let gateway = Gateway()
        var hook = Hook()
        hook.members["before"] = .string(Hook.zero)
        hook.members["push_options"] = ["ci": ["skip": true, "variable": ["A": "b"]]]
        _ = try await gateway.post(hook)
        let trigger = try #require(try gateway.broker.pushes().first).trigger
        #expect(trigger.before == nil)
        #expect(trigger.skip)
    }

    @Test("system hooks are told by their event_name")
    func systemHook() async throws {
        let gateway = Gateway()
        var hook = Hook()
        hook.members["object_kind"] = nil
        hook.headers[one: "X-Gitlab-Event"] = "System Hook"
        #expect(try await gateway.post(hook).body["status"] == "accepted")
    }

    @Test("a resend has the id of the first time; another push has another")
    func identity() async throws {
        let gateway = Gateway()
        let first = try await gateway.post(Hook()).body["id"]
        let resent = try await gateway.post(Hook()).body["id"]
        #expect(first == resent)
        var other = Hook()
        other.members["ref"] = "refs/heads/next"
        #expect(try await gateway.post(other).body["id"] != first)
        var older = Hook()
        older.headers[one: GitLab.Header.idempotencyKey] = nil
        older.headers[one: GitLab.Header.eventUUID] = "0f1c"
        let byEvent = try await gateway.post(older).body["id"]
        #expect(byEvent != first)
        #expect(try await gateway.post(older).body["id"] == byEvent)
        older.headers[one: GitLab.Header.eventUUID] = nil
        #expect(try await gateway.post(older).body["id"] != gateway.post(older).body["id"])
    }

    @Test("a signed hook that somebody saw and sends again with other headers is the same push")
    func replay() async throws {
        let gateway = Gateway()
        var hook = try Hook().signed(secret: Hook.signingSecret)
        let id = try await gateway.post(hook).body["id"]
        for key in ["1", "2", nil] {
            hook.headers[one: GitLab.Header.idempotencyKey] = key
            hook.headers[one: GitLab.Header.eventUUID] = key
            hook.headers[one: GitLab.Header.token] = key
            #expect(try await gateway.post(hook).body["id"] == id)
        }
        #expect(try await gateway.post(Hook().signed(secret: Hook.signingSecret, id: "msg-2")).body["id"] != id)
    }

    @Test(
        "what starts nothing is answered with success and a reason",
        arguments: [
            Change("a merge request") { $0.members["object_kind"] = "merge_request" },
            Change("an issue") { $0.members["object_kind"] = "issue" },
            Change("a user of the system") { hook in
                hook.members["object_kind"] = nil
                hook.members["event_name"] = "user_create"
                hook.members["project"] = nil
            },
            Change("nothing") { $0.members = [:] },
            Change("a deleted branch") { $0.members["after"] = .string(Hook.zero) },
        ])
    func ignored(_ change: Change) async throws {
        let gateway = Gateway()
        var hook = Hook()
        change.apply(&hook)
        let answer = try await gateway.post(hook)
        #expect(answer.status == .accepted)
        #expect(answer.body["status"] == "ignored")
        #expect(answer.body["reason"]?.string?.isEmpty == false)
        #expect(gateway.broker.taken.isEmpty)
    }

    @Test(
        "what cannot be used is refused with what to change",
        arguments: [
            Change("missing_member") { $0.members["ref"] = nil },
            Change("missing_member") { $0.members["after"] = .null },
            Change("missing_member") { $0.members["project"] = "shop/web" },
            Change("missing_member") { $0.set(nil, in: "project", "git_http_url") },
            Change("malformed_path") { $0.set("../../etc", in: "project", "path_with_namespace") },
            Change("malformed_ref") { $0.members["ref"] = "refs/tags/v1" },
            Change("malformed_ref") { $0.members["ref"] = "main" },
            Change("malformed_ref") { $0.members["ref"] = "refs/heads/" },
            Change("malformed_ref") { $0.members["ref"] = "refs/heads/a..b" },
            Change("malformed_ref") { $0.members["ref"] = "refs/heads/a b" },
            Change("malformed_ref") { $0.members["ref"] = "refs/heads/a.lock" },
            Change("malformed_ref") { $0.members["ref"] = "refs/heads/a\n" },
            Change("malformed_ref") {
                $0 = .tag()
                $0.members["ref"] = "refs/tags/v1~1"
            },
            Change("malformed_ref") {
                $0.members["after"] = .string(Hook.zero)
                $0.members["ref"] = "refs/heads/-^"
            },
            Change("malformed_ref") { $0.set("ma in", in: "project", "default_branch") },
            Change("malformed_ref") { $0.set("a/", in: "project", "default_branch") },
            Change("malformed_commit") { $0.members["after"] = "--help" },
            Change("malformed_commit") { $0.members["after"] = .string(Hook.zero + "0") },
            Change("malformed_commit") { $0.members["before"] = "HEAD~1" },
            Change("malformed_commit") { $0.members["before"] = .string(Hook.before.uppercased()) },
            Change("malformed_commit") {
                $0 = .tag()
                $0.members["after"] = "v1.2"
            },
            Change("malformed_commit") {
                $0 = .tag()
                $0.members["checkout_sha"] = "v1.2"
            },
        ])
    func unusable(_ change: Change) async throws {
        let gateway = Gateway()
        var hook = Hook()
        change.apply(&hook)
        let answer = try await gateway.post(hook)
        #expect(answer.status == .badRequest)
        #expect(answer.body["code"]?.string == change.name)
        #expect(answer.body["message"]?.string?.isEmpty == false)
        #expect(gateway.broker.taken.isEmpty)
    }

    @Test(
        "refs that look odd and that Git can have are taken",
        arguments: ["-x", "HEAD", "@", "a./b", "{x}", "a.lockb", "ü/🚢", "$(id)", "a;b"])
    func oddRefs(_ name: String) async throws {
        let gateway = Gateway()
        var hook = Hook()
        hook.members["ref"] = .string("refs/heads/\(name)")
        hook.set("", in: "project", "default_branch")
        #expect(try await gateway.post(hook).status == .accepted)
        let push = try #require(try gateway.broker.pushes().first)
        #expect(push.trigger.branch == name)
        #expect(push.defaultBranch == nil)
    }

    /// They are kept with every run, shown to people and handed to steps.
    @Test("names and addresses are bounded, and nothing in them is unseen")
    func texts() async throws {
        let gateway = Gateway()
        var hook = Hook()
        hook.members["user_username"] = .string("a\u{1B}[31m\u{0}\u{202E}da\r\n👩\u{200D}💻")
        hook.members["user_name"] = .string(String(repeating: "é", count: 1_000))
        hook.members["user_avatar"] = .string("https://git.example/" + String(repeating: "a", count: 3_000))
        hook.set(.string("git@git.example:a b"), in: "project", "git_ssh_url")
        #expect(try await gateway.post(hook).status == .accepted)
        let trigger = try #require(try gateway.broker.pushes().first).trigger
        #expect(trigger.sender == "a[31mda👩\u{200D}💻")
        #expect(trigger.origin?.userName == String(repeating: "é", count: 255))
        #expect(trigger.origin?.avatarURL == nil)
        #expect(trigger.origin?.sshURL == nil)
        for url in ["https://git.example/a b", "https://git.example/" + String(repeating: "a", count: 3_000)] {
            hook.set(.string(url), in: "project", "git_http_url")
            let answer = try await gateway.post(hook)
            #expect(answer.status == .badRequest)
            #expect(answer.body["code"] == "malformed_url")
        }
    }

    @Test("broken JSON is 400 and says where")
    func brokenJSON() async throws {
        let gateway = Gateway()
        let whole = try Hook().body
        for body in [
            [], Array("nothing".utf8), Array("[]".utf8), Array("{".utf8), Array(whole.dropLast(40)), whole + [0x7D],
        ] {
            let answer = try await gateway.post(Hook(), body: body)
            #expect(answer.status == .badRequest)
            #expect(answer.body["code"] == "malformed_json")
            #expect(answer.body["message"]?.string?.contains("byte") == true)
        }
    }

    @Test("other content types are 415", arguments: ["text/plain", "application/x-www-form-urlencoded", "", nil])
    func contentType(_ type: String?) async throws {
        var hook = Hook()
        hook.headers[one: "Content-Type"] = type
        #expect(try await Gateway().post(hook).status == .unsupportedMediaType)
        hook.headers[one: "Content-Type"] = "Application/JSON; charset=utf-8"
        #expect(try await Gateway().post(hook).status == .accepted)
    }
}
