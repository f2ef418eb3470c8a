import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Storage
import TestSupport
import Testing

@testable import Pipeline

/// How people come and go, in the audit log.
@Suite struct AuditOfSignInTests: SignInTrial {
    private func entries(_ platform: PlatformFixture, _ query: AuditQuery = AuditQuery()) async throws -> [AuditView] {
        try await platform.operations.signIns.writeFailures()
        return try await platform.store.read { try $0.audits.page(query, limit: 500).items }
    }

    private func failures(_ platform: PlatformFixture) async throws -> [AuditView] {
        try await entries(platform, AuditQuery(operation: AuditEvent.failedSignIn.rawValue))
    }

    @Test func `Each way in and out is told, with what it makes`() async throws {
        try await with { client, platform in
            let ada = try await person("ada", client, platform)
            #expect(
                try await entries(platform).map(\.operation) == ["account.sign-in", "account.change", "person.manage"])
            #expect(try await entries(platform).first?.after?["with"] == "link")

            #expect(try await signIn(client, "ada").status == .noContent)
            #expect(try await entries(platform).first?.after?["with"] == "password")
            let token = try await send(
                client, .post, APIPath.session.path(), SessionRequest(token: PlatformFixture.token))
            let began = try #require(try await entries(platform).first)
            #expect(began.after?["with"] == "token" && began.account == "test" && began.token == "test")

            // Out, by the page and by the API; whoever is out already changes nothing.
            let out = try await post(client, "/sign-out", "", cookie: ada)
            #expect(out.status == .seeOther)
            for _ in 1...2 { _ = try await send(client, .delete, APIPath.session.path(), cookie: try cookie(token)) }
            let left = try await entries(platform, AuditQuery(operation: "account.sign-out"))
            #expect(left.map(\.account) == ["test", "ada"] && left.allSatisfy { $0.origin != nil })
            #expect(left.first?.token == "test" && left.last?.token == nil)
        }
    }

    @Test func `The first administrator, and a command that is let in, are told`() async throws {
        try await with { client, platform in
            let link = try await platform.operations.people.makeLink(for: nil, as: .administrator)
            let answer = try await send(
                client, .post, APIPath.link.path(),
                LinkRequest(code: try code(link), name: "eve", token: "login.laptop"))
            #expect(answer.status == .created)
            let made = try await entries(platform)
            #expect(made.map(\.operation) == ["token.make", "account.sign-in", "person.manage", "person.manage"])
            #expect(made.map(\.account) == ["eve", "eve", "eve", Principal.administrator.name])
            #expect(made[0].origin != nil && made[1].origin != nil && made[1].after?["with"] == "link")
            #expect(made[2].subject == "eve" && made[2].after == ["role": "administrator", "with": "link"])

            let ada = try await person("ada", client, platform)
            for verdict in ["yes", "no"] {
                let start: LoginStart = try decode(
                    try await send(client, .post, APIPath.login.path(), LoginRequest(host: "laptop")))
                let noted = try await entries(platform).count
                _ = try await post(client, "/login", "code=\(start.userCode)&allow=\(verdict)", cookie: ada)
                let decided = try #require(try await entries(platform).first)
                #expect(try await entries(platform).count == noted + 1)
                #expect(decided.operation == "account.change" && decided.account == "ada")
                #expect(decided.after?["command"] == "laptop" && decided.after?["allowed"] == .bool(verdict == "yes"))
                let poll = try await send(client, .post, APIPath.loginToken.path(), LoginPoll(code: start.code))
                #expect(poll.status == (verdict == "yes" ? .ok : .forbidden))
            }
            let given = try await entries(platform, AuditQuery(account: "ada", operation: "token.make"))
            #expect(given.map(\.subject) == ["ada/login.laptop"] && given.first?.origin != nil)
            #expect(try await failures(platform).map { $0.after?["problem"] } == ["login_refused"])
        }
    }

    @Test func `What fails is told by the account that was tried, and never as it was typed`() async throws {
        try await with { client, platform in
            _ = try await person("ada", client, platform)
            let typed = "my secret pass phrase"
            for name in ["ADA", "ada", "test", typed, typed + "!"] {
                #expect(try await signIn(client, name, "wrong password").status == .unauthorized)
            }
            _ = try await send(client, .post, APIPath.session.path(), SessionRequest(token: "slp_wrong"))
            _ = try await send(client, .post, APIPath.link.path(), LinkRequest(code: "l_wrong", token: "x"))
            _ = try await client.execute(uri: "/link?code=l_wrong", method: .get)
            _ = try await post(client, "/link", "code=l_wrong&password=some+long+password")
            _ = try await send(client, .post, APIPath.loginToken.path(), LoginPoll(code: "c_wrong"))
            let told = try await failures(platform)
            let words = told.map {
                "\($0.subject): \($0.after?["with"]?.string ?? "") \($0.after?["problem"]?.string ?? "")"
            }
            #expect(
                Set(words) == [
                    "ada: password wrong_password", "test: password wrong_password",
                    "not known: password wrong_password", "not known: token wrong_token",
                    "not known: link unknown_link", "not known: command unknown_login",
                ])
            #expect(told.count == 6 && told.allSatisfy { $0.via == "sign-in" && $0.origin != nil })
            #expect(told.first { $0.subject == "ada" }?.after?["attempts"] == 2)
            #expect(told.first { $0.after?["with"] == "link" }?.after?["attempts"] == 3)
            let kept = try await platform.store.read {
                try $0.database.rows("SELECT * FROM audit").map { "\($0.values)" }
            }
            for secret in [typed, "wrong password", "slp_", "l_wrong", "c_wrong"] {
                #expect(!kept.contains { $0.contains(secret) }, "\(secret)")
            }
            // What was written is not written again.
            #expect(try await failures(platform).count == 6)
        }
    }

    @Test func `Too many attempts are told, too`() async throws {
        try await with { client, platform in
            _ = try await person("ada", client, platform)
            for _ in 1...12 { _ = try await signIn(client, "ada", "wrong password") }
            let told = try await failures(platform).map { ($0.after?["problem"]?.string ?? "", $0.after?["attempts"]) }
            #expect(
                told.map(\.0) == ["too_many_attempts", "wrong_password"]
                    || told.map(\.0) == ["wrong_password", "too_many_attempts"])
            #expect(Set(told.map(\.1)) == [2, 10])
        }
    }

    @Test func `A stranger fills neither the memory nor the log`() async throws {
        var failures = FailedSignIns()
        func note(_ name: String, _ network: String) {
            failures.note(.init(way: .password, name: name, network: network, problem: "wrong_password"))
        }
        for number in 1...5_000 { note("guess-\(number)", "192.0.2.\(number % 250)") }
        #expect(failures.counts.count == FailedSignIns.capacity)
        let guessed = failures.entries { _ in false }
        #expect(guessed.count == FailedSignIns.limit + 1)
        #expect(guessed.reduce(0) { $0 + $1.attempts } == 5_000)
        #expect(guessed.last == .init(attempts: guessed.last?.attempts ?? 0))
        // An account that is tried once is not lost among them.
        failures = FailedSignIns()
        for number in 1...900 { note("guess-\(number)", "192.0.2.\(number % 250)") }
        note("ada", "198.51.100.7")
        let entries = failures.entries { $0 == "ada" }
        #expect(
            entries.first
                == .init(
                    account: "ada", way: .password, network: "198.51.100.7", problem: "wrong_password", attempts: 1))
        #expect(failures.take().counts.count == 901 && failures.counts.isEmpty)
    }

    @Test func `What cannot be written is kept until it can`() async throws {
        try await with { client, platform in
            _ = try await signIn(client, "ada", "wrong password")
            try await platform.store.store.write { try $0.run(script: "ALTER TABLE audit RENAME TO auditAway") }
            await #expect(throws: (any Error).self) { try await platform.operations.signIns.writeFailures() }
            _ = try await signIn(client, "ada", "wrong password")
            try await platform.store.store.write { try $0.run(script: "ALTER TABLE auditAway RENAME TO audit") }
            #expect(try await failures(platform).map { $0.after?["attempts"] } == [2])
        }
    }
}
