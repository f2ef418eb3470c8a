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

/// Links and passwords, over the API and the pages.
@Suite struct SignInTests: SignInTrial {
    // MARK: - Links

    @Test func `The first administrator opens a link, once, and chooses a name and a password`() async throws {
        try await with { client, fixture in
            let people = fixture.operations.people
            let link = try await people.makeLink(for: nil, as: .administrator)
            #expect(link.url.hasPrefix("https://slipway.example/link?code=l_"))
            let code = try code(link)
            // Whoever looks at it, as a chat does, uses nothing up.
            for _ in 0..<2 {
                let shown = try await client.execute(uri: "/link?code=\(code)", method: .get)
                #expect(shown.status == .ok && String(buffer: shown.body).contains("The first administrator"))
            }
            let elsewhere = try await post(
                client, "/link", "code=\(code)&name=eve", from: [.secFetchSite: "cross-site"])
            #expect(elsewhere.status == .forbidden)
            for (form, says) in [
                ("name=ada&password=short", "12 characters"), ("name=a+b", "not a valid"),
                ("name=test", "account “test”"),
            ] {
                let refused = try await post(client, "/link", "code=\(code)&\(form)")
                #expect(refused.status == .badRequest && String(buffer: refused.body).contains(says))
                #expect(refused.headers[.setCookie] == nil)
            }
            let entered = try await post(
                client, "/link", "code=\(code)&name=Ada&display=Ada+L.&password=correct+horse+battery")
            #expect(entered.status == .seeOther)
            let cookie = try cookie(entered)
            let me: MeView = try decode(try await send(client, .get, APIPath.me.path(), cookie: cookie))
            #expect(me.name == "ada" && me.person?.displayName == "Ada L." && me.person?.hasPassword == true)
            #expect(me.session != nil)
            #expect(try await send(client, .get, APIPath.people.path(), cookie: cookie).status == .ok)
            // It works once, and so does every other of its kind.
            for again in ["/link?code=\(code)", "/link?code=l_wrong"] {
                #expect(try await client.execute(uri: again, method: .get).status == .notFound)
            }
            let used = try await send(client, .post, APIPath.link.path(), LinkRequest(code: code, token: "x"))
            #expect(try used.status == .notFound && problem(used) == "unknown_link")
            #expect(try await signIn(client, "ADA").status == .noContent)
        }
    }

    @Test func `A link that lets a command in makes a personal token`() async throws {
        try await with { client, fixture in
            let link = try await fixture.operations.people.makeLink(for: "ada", as: .administrator)
            let request = LinkRequest(code: try code(link), name: "somebody", token: "login.laptop")
            let answer = try await send(client, .post, APIPath.link.path(), request)
            #expect(answer.status == .created)
            let grant: PersonalToken = try decode(answer)
            // Whom it is of, the link says.
            #expect(grant.person == "ada" && grant.name == "ada/login.laptop" && grant.expiresAt > .now)
            let me: MeView = try decode(try await send(client, .get, APIPath.me.path(), token: grant.token))
            #expect(me.name == "ada" && me.person?.hasPassword == false && me.session == nil)
            // Somebody the machine's administrator names is an administrator.
            #expect(try await send(client, .get, APIPath.people.path(), token: grant.token).status == .ok)
            // Another one for the same person makes no second account, and ends the one before it.
            let second = try await fixture.operations.people.makeLink(for: "ada", as: .administrator)
            let third = try await fixture.operations.people.makeLink(for: "ada", as: .administrator)
            #expect(try await client.execute(uri: "/link?code=\(try code(second))", method: .get).status == .notFound)
            #expect(try await client.execute(uri: "/link?code=\(try code(third))", method: .get).status == .ok)
        }
    }

    @Test func `A link is kept as a hash, for a day`() async throws {
        try await PlatformFixture.with { fixture in
            let link = try await fixture.operations.people.makeLink(for: nil, as: .administrator)
            let code = try code(link)
            let kept: [String] = try await fixture.store.read { try $0.database.values("SELECT hash FROM links") }
            #expect(kept.count == 1 && kept[0] != code)
            await #expect(throws: OperationError.self) { try await fixture.operations.signIns.look(at: kept[0]) }
            let end = link.expiresAt
            #expect(abs(end.milliseconds - Timestamp.now.milliseconds - 86_400_000) < 60_000)
            let before = end.adding(.milliseconds(-1))
            #expect(try await fixture.store.read { try $0.people.link(code, now: before) } != nil)
            #expect(try await fixture.store.read { try $0.people.link(code, now: end) } == nil)
        }
    }

    @Test func `A link is logged until an administrator has signed in, whoever else has`() async throws {
        try await PlatformFixture.with { fixture in
            let people = fixture.operations.people
            let lines = LogLines()
            try await people.prepare(as: .administrator, logger: lines.logger)
            try await people.prepare(as: .administrator, logger: lines.logger)
            let links = lines.all.compactMap { $0["link"]?.split(separator: "code=").last.map(String.init) }
            #expect(links.count == 2 && links[0] != links[1])
            // The newest is the one that is good.
            await #expect(throws: OperationError.self) { try await fixture.operations.signIns.look(at: links[0]) }
            let viewer = try await people.invite(PersonRequest(name: "eve", role: .viewer), as: .administrator)
            _ = try await fixture.operations.signIns.redeem(
                LinkRequest(code: String(viewer.url.split(separator: "=").last ?? ""), token: "t"), from: .unknown)
            try await people.prepare(as: .administrator, logger: lines.logger)
            let last = try #require(lines.all.last?["link"]?.split(separator: "code=").last.map(String.init))
            #expect(lines.all.count == 3)
            _ = try await fixture.operations.signIns.redeem(
                LinkRequest(code: last, name: "ada", token: "t"), from: .unknown)
            try await people.prepare(as: .administrator, logger: lines.logger)
            #expect(lines.all.count == 3)
        }
    }

    // MARK: - Passwords

    @Test func `Who is unknown, blocked or has no password is told what a wrong password is told`() async throws {
        try await with { client, fixture in
            _ = try await person("ada", client, fixture)
            _ = try await person("bob", client, fixture)
            _ = try await fixture.operations.people.change("bob", PersonChange(isBlocked: true), as: .administrator)
            _ = try await fixture.operations.people.invite(PersonRequest(name: "carol"), as: .administrator)
            #expect(try await signIn(client, "ada").status == .noContent)
            var bodies: Set<String> = []
            for (name, password) in [
                ("ada", "wrong horse battery"), ("bob", Self.password), ("carol", ""), ("carol", Self.password),
                ("nobody", Self.password), ("ada", ""), ("", ""), ("ada", String(repeating: "x", count: 2_000)),
            ] {
                let refused = try await signIn(client, name, password)
                #expect(refused.status == .unauthorized && refused.headers[.setCookie] == nil, "\(name)")
                bodies.insert(String(buffer: refused.body))
            }
            #expect(bodies.count == 1, "\(bodies)")
        }
    }

    @Test func `Attempts are limited, told, and the same for a name that nobody has`() async throws {
        try await with { client, fixture in
            _ = try await person("ada", client, fixture)
            for name in ["ada", "nobody"] {
                for _ in 0..<10 {
                    #expect(try await signIn(client, name, "wrong horse battery").status == .unauthorized)
                }
                let limited = try await signIn(client, name)
                #expect(limited.status == .tooManyRequests, "\(name)")
                let seconds = try #require(limited.headers[.retryAfter].flatMap { Int($0) })
                #expect((1...60).contains(seconds))
                let problem: Problem = try decode(limited)
                #expect(problem.code == "too_many_attempts" && problem.message.contains("as “\(name)”"))
                #expect(problem.remedy?.contains("\(seconds) s") == true)
                // The page says the same.
                let page = try await post(client, "/sign-in", "name=\(name)&password=x")
                #expect(page.status == .tooManyRequests && String(buffer: page.body).contains("Too many attempts"))
            }
        }
    }

    @Test func `A new password takes the old one, and signs every other browser out`() async throws {
        try await with { client, fixture in
            let own = try await person("ada", client, fixture)
            let other = try cookie(try await signIn(client, "ada"))
            let path = APIPath.password.path()
            let new = "another horse battery"
            let wrong = try await send(
                client, .put, path, PasswordRequest(current: "wrong horse battery", password: new), cookie: own)
            #expect(try wrong.status == .unauthorized && problem(wrong) == "wrong_password")
            for unfit in ["short", "", String(repeating: "x", count: 1025)] {
                let refused = try await send(
                    client, .put, path, PasswordRequest(current: Self.password, password: unfit), cookie: own)
                #expect(try refused.status == .badRequest && problem(refused) == "unfit_password")
            }
            let changed = try await send(
                client, .put, path, PasswordRequest(current: Self.password, password: new), cookie: own)
            #expect(changed.status == .noContent)
            #expect(try await send(client, .get, APIPath.me.path(), cookie: own).status == .ok)
            #expect(try await send(client, .get, APIPath.me.path(), cookie: other).status == .unauthorized)
            #expect(try await signIn(client, "ada").status == .unauthorized)
            #expect(try await signIn(client, "ada", new).status == .noContent)
        }
    }

    @Test func `A token changes no password and lets no command in`() async throws {
        try await with { client, fixture in
            let link = try await fixture.operations.people.makeLink(for: "ada", as: .administrator)
            let token = try await fixture.operations.signIns.redeem(
                LinkRequest(code: try code(link), token: "t"), from: .unknown
            ).token
            let refused = try await send(
                client, .put, APIPath.password.path(), PasswordRequest(current: nil, password: Self.password),
                token: token)
            #expect(try refused.status == .forbidden && problem(refused) == "not_a_session")
            // Nor does a session that was begun with one.
            let session = try await fixture.operations.signIn(token: token)
            let again = try await send(
                client, .put, APIPath.password.path(), PasswordRequest(current: nil, password: Self.password),
                cookie: "slipway_session=\(session)")
            #expect(try again.status == .forbidden && problem(again) == "not_a_session")
        }
    }
}
