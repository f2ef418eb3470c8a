import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import TestSupport
import Testing

@testable import Pipeline

/// Sessions, people and commands that a browser lets in, over the API and the pages.
@Suite struct PeopleTests: SignInTrial {
    // MARK: - Sessions

    @Test func `Sessions are listed and ended, one's own and for an administrator everybody's`() async throws {
        try await with { client, fixture in
            let ada = try await person("ada", client, fixture)
            let bob = try await person("bob", client, fixture)
            let second = try cookie(try await signIn(client, "ada"))
            func list(_ cookie: String, of name: String? = nil) async throws -> [SessionView] {
                let path = APIPath.sessions.path() + (name.map { "?person=\($0)" } ?? "")
                return try decode(try await send(client, .get, path, cookie: cookie), as: Page<SessionView>.self).items
            }
            let own = try await list(ada)
            #expect(own.count == 2 && own.filter(\.isCurrent).count == 1 && own.allSatisfy { $0.person == "ada" })
            let current = try #require(own.first { $0.isCurrent }?.id)
            let other = try #require(own.first { !$0.isCurrent }?.id)
            // Whether somebody else has such a session is nobody's business.
            for id in [current, "nonsense"] {
                let refused = try await send(client, .delete, APIPath.oneSession.path([id]), cookie: bob)
                #expect(try refused.status == .notFound && problem(refused) == "unknown_session")
            }
            let peeked = try await send(client, .get, APIPath.sessions.path() + "?person=ada", cookie: bob)
            #expect(peeked.status == .forbidden)
            let ended = try await send(client, .delete, APIPath.oneSession.path([other]), cookie: ada)
            #expect(ended.status == .noContent)
            #expect(try await send(client, .get, APIPath.me.path(), cookie: second).status == .unauthorized)
            #expect(try await list(ada).map(\.id) == [current])

            let path = APIPath.sessions.path() + "?person=bob"
            let bobs: Page<SessionView> = try decode(
                try await send(client, .get, path, token: PlatformFixture.token))
            let id = try #require(bobs.items.first?.id)
            #expect(
                try await send(client, .delete, APIPath.oneSession.path([id]), token: PlatformFixture.token).status
                    == .noContent)
            #expect(try await send(client, .get, APIPath.me.path(), cookie: bob).status == .unauthorized)
        }
    }

    @Test func `A session that nobody uses is over, and a page that stays open is no use`() async throws {
        try await with { client, fixture in
            let policy = SessionPolicy()
            let secret = try await person("ada", client, fixture).split(separator: "=").last.map(String.init) ?? ""
            let access = fixture.operations.access
            let begun = Timestamp.now
            func isGood(after seconds: Int64, isUse: Bool) async throws -> Bool {
                do {
                    _ = try await access.principal(
                        session: secret, isUse: isUse, now: begun.adding(.seconds(seconds)))
                    return true
                } catch is OperationError { return false }
            }
            let idle = policy.idle.components.seconds
            #expect(try await isGood(after: idle - 600, isUse: true))
            #expect(try await isGood(after: 2 * idle - 1_200, isUse: false))
            #expect(try await !isGood(after: 2 * idle - 590, isUse: true))
            // However much it is used, it ends.
            #expect(try await isGood(after: 2 * idle - 1_200, isUse: true))
            var passed = 2 * idle - 1_200
            let life = policy.life.components.seconds
            while passed + idle - 600 < life {
                passed += idle - 600
                #expect(try await isGood(after: passed, isUse: true))
            }
            #expect(try await !isGood(after: life + 1, isUse: true))
        }
    }

    @Test func `Who is blocked is signed out at once, tokens and links too, and comes back with a password`()
        async throws
    {
        try await with { client, fixture in
            let people = fixture.operations.people
            let cookie = try await person("ada", client, fixture)
            let token = try await fixture.operations.signIns.redeem(
                LinkRequest(code: try code(try await people.link(for: "ada", as: .administrator)), token: "t"),
                from: .unknown
            ).token
            let link = try code(try await people.link(for: "ada", as: .administrator))
            let blocked: PersonView = try decode(
                try await send(
                    client, .put, APIPath.person.path(["ada"]), PersonChange(isBlocked: true),
                    token: PlatformFixture.token))
            #expect(blocked.blockedAt != nil)
            #expect(try await send(client, .get, APIPath.me.path(), cookie: cookie).status == .unauthorized)
            #expect(try await send(client, .get, APIPath.me.path(), token: token).status == .unauthorized)
            #expect(try await client.execute(uri: "/link?code=\(link)", method: .get).status == .notFound)
            await #expect(throws: OperationError.self) { try await people.link(for: "ada", as: .administrator) }
            _ = try await people.change("ada", PersonChange(isBlocked: false), as: .administrator)
            #expect(try await signIn(client, "ada").status == .noContent)
            #expect(try await send(client, .get, APIPath.me.path(), cookie: cookie).status == .unauthorized)
        }
    }

    // MARK: - Commands that a browser lets in

    @Test func `A command is let in by a browser, and acts as that person`() async throws {
        try await with { client, fixture in
            let cookie = try await person("ada", client, fixture)
            func begin() async throws -> LoginStart {
                try decode(try await send(client, .post, APIPath.login.path(), LoginRequest(host: "lap<top> ")))
            }
            func poll(_ start: LoginStart) async throws -> TestResponse {
                try await send(client, .post, APIPath.loginToken.path(), LoginPoll(code: start.code))
            }
            let start = try await begin()
            #expect(start.url == "https://slipway.example/login?code=\(start.userCode)")
            #expect(try decode(try await poll(start), as: LoginAnswer.self).token == nil)
            // Who is not signed in does so first, and comes back.
            let stranger = try await client.execute(uri: "/login?code=\(start.userCode)", method: .get)
            #expect(stranger.headers[.location] == "/sign-in?to=%2Flogin%3Fcode%3D\(start.userCode)")
            let page = try await client.execute(
                uri: "/login?code=\(start.userCode)", method: .get, headers: [.cookie: cookie])
            #expect(page.status == .ok)
            for part in ["laptop", start.userCode, "ada"] { #expect(String(buffer: page.body).contains(part)) }
            let crossing = try await post(
                client, "/login", "code=\(start.userCode)&allow=yes", cookie: cookie,
                from: [.secFetchSite: "cross-site"])
            #expect(crossing.status == .forbidden)
            #expect(try await post(client, "/login", "code=\(start.userCode)&allow=yes", cookie: cookie).status == .ok)
            let token = try #require(try decode(try await poll(start), as: LoginAnswer.self).token)
            #expect(token.person == "ada" && token.name == "ada/login.laptop")
            let me: MeView = try decode(try await send(client, .get, APIPath.me.path(), token: token.token))
            #expect(me.name == "ada")
            #expect(try problem(try await poll(start)) == "unknown_login")

            let second = try await begin()
            _ = try await post(client, "/login", "code=\(second.userCode)&allow=no", cookie: cookie)
            let refused = try await poll(second)
            #expect(try refused.status == .forbidden && problem(refused) == "login_refused")
        }
    }

    /// Several processes of the service work on one database, and one may have started again meanwhile.
    @Test func `Each process of the service knows of commands that wait, and of attempts, whichever was asked`()
        async throws
    {
        try await with { client, fixture in
            let cookie = try await person("ada", client, fixture)
            let other = Operations(
                engine: fixture.engine, reader: fixture.reader, logs: fixture.logs,
                hooks: fixture.operations.repositories.hooks,
                passwords: PasswordHasher(cost: Samples.passwordCost))
            let start = try await other.signIns.begin(LoginRequest(host: "laptop"), from: .unknown)
            #expect(try await post(client, "/login", "code=\(start.userCode)&allow=yes", cookie: cookie).status == .ok)
            let token = try await other.signIns.poll(LoginPoll(code: start.code), from: .unknown).token
            #expect(token?.person == "ada")

            for _ in 0..<10 {
                #expect(try await signIn(client, "ada", "wrong horse battery").status == .unauthorized)
            }
            let error = await #expect(throws: OperationError.self) {
                try await other.signIns.signIn(name: "ada", password: Self.password, from: .unknown)
            }
            #expect(error?.problem.code == "too_many_attempts")
        }
    }

    @Test func `A command that somebody let in gets nothing once their password is another`() async throws {
        try await with { client, fixture in
            let thief = try await person("ada", client, fixture)
            let own = try cookie(try await signIn(client, "ada"))
            let start: LoginStart = try decode(
                try await send(client, .post, APIPath.login.path(), LoginRequest(host: "x")))
            #expect(try await post(client, "/login", "code=\(start.userCode)&allow=yes", cookie: thief).status == .ok)
            let page = try await post(
                client, "/account", "current=correct+horse+battery&password=another+horse+battery", cookie: own)
            let shown = try await client.execute(
                uri: try #require(page.headers[.location]), method: .get, headers: [.cookie: own])
            #expect(String(buffer: shown.body).contains("The password is changed. One other browser is signed out."))
            let polled = try await send(client, .post, APIPath.loginToken.path(), LoginPoll(code: start.code))
            #expect(try polled.status == .notFound && problem(polled) == "unknown_login")
        }
    }

    // MARK: - Pages

    @Test func `The pages show people and sessions, and do what they say`() async throws {
        try await with { client, fixture in
            let link = try await fixture.operations.people.makeLink(for: "root", as: .administrator)
            let root = try cookie(
                try await post(client, "/link", "code=\(try code(link))&password=correct+horse+battery"))
            let ada = try await person("ada", client, fixture)
            let shown = try await client.execute(uri: "/people", method: .get, headers: [.cookie: root])
            let text = String(buffer: shown.body)
            #expect(shown.status == .ok && text.contains("<b>ada</b>") && text.contains("<b>root</b>"))
            let refused = try await client.execute(uri: "/people", method: .get, headers: [.cookie: ada])
            #expect(refused.status == .forbidden)
            let own = try await client.execute(uri: "/", method: .get, headers: [.cookie: ada])
            #expect(!String(buffer: own.body).contains("href=\"/people\""))
            let invited = try await post(
                client, "/people", "name=bob&display=Bob+B.&email=bob%40example.com", cookie: root)
            #expect(String(buffer: invited.body).contains("slipway.example"))
            #expect(String(buffer: invited.body).contains("l_"))
            let twice = try await post(client, "/people", "name=bob", cookie: root)
            #expect(twice.status == .conflict && String(buffer: twice.body).contains("account “bob”"))
            #expect(try await post(client, "/people/ada", "do=block", cookie: root).status == .seeOther)
            #expect(try await send(client, .get, APIPath.me.path(), cookie: ada).status == .unauthorized)
            let account = try await client.execute(uri: "/account", method: .get, headers: [.cookie: root])
            #expect(account.status == .ok && String(buffer: account.body).contains("this one"))
            let id = try #require(
                try decode(
                    try await send(client, .get, APIPath.sessions.path(), cookie: root), as: Page<SessionView>.self
                ).items.first?.id)
            #expect(try await post(client, "/account/sessions/\(id)/end", "", cookie: root).status == .seeOther)
            #expect(try await send(client, .get, APIPath.me.path(), cookie: root).status == .unauthorized)
        }
    }
}
