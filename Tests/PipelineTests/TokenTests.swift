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

/// Tokens over the API: who makes and revokes which.
@Suite struct TokenTests {
    private func with(_ body: @escaping @Sendable (TestClient, String) async throws -> Void) async throws {
        try await PlatformFixture.with { fixture in
            let first = try await fixture.operations.tokens.make(
                TokenRequest(name: FirstToken.name, role: .administrator), as: .administrator
            ).token
            let router = try PipelineRouter.make(
                fixture.operations, publicURL: "http://slipway", logger: Logger(label: "test"))
            try await Application(router: router).test(.router) { try await body($0, first) }
        }
    }

    private func send(
        _ client: TestClient, _ method: HTTPRequest.Method, _ path: String, as token: String,
        _ body: TokenRequest? = nil
    ) async throws -> TestResponse {
        var headers: HTTPFields = [.authorization: "Bearer \(token)"]
        if body != nil { headers[.contentType] = "application/json" }
        return try await client.execute(
            uri: path, method: method, headers: headers,
            body: try body.map { ByteBuffer(bytes: try Wire.encode($0)) })
    }

    private func make(_ client: TestClient, _ request: TokenRequest, as token: String) async throws -> TokenGrant {
        let answer = try await send(client, .post, APIPath.tokens.path(), as: token, request)
        #expect(answer.status == .created, "\(String(buffer: answer.body))")
        #expect(answer.headers[.cacheControl] == "no-store")
        return try Wire.decode(TokenGrant.self, from: Data(answer.body.readableBytesView))
    }

    private func problem(_ answer: TestResponse) throws -> Problem {
        try Wire.decode(Problem.self, from: Data(answer.body.readableBytesView))
    }

    private func tokens(_ client: TestClient, as token: String) async throws -> [TokenView] {
        let answer = try await send(client, .get, APIPath.tokens.path(), as: token)
        #expect(!String(buffer: answer.body).contains("slp_"))
        return try Wire.decode(Page<TokenView>.self, from: Data(answer.body.readableBytesView)).items
    }

    private func isGood(_ token: String, _ client: TestClient) async throws -> Bool {
        try await send(client, .get, APIPath.runs.path(), as: token).status == .ok
    }

    @Test func `The first token makes, replaces and revokes others, and each is told once`() async throws {
        try await with { client, first in
            let ci = try await make(client, TokenRequest(name: "ci", role: .developer), as: first)
            #expect(!ci.isOwn && ci.name == "ci" && ci.token.hasPrefix("slp_"))
            #expect(try await isGood(ci.token, client))
            #expect(try await tokens(client, as: first).map(\.name) == ["ci", "first", "test"])
            let again = try await make(client, TokenRequest(name: "ci"), as: first)
            #expect(try await !isGood(ci.token, client))
            #expect(try await isGood(again.token, client))
            #expect(try await send(client, .delete, APIPath.token.path(["ci"]), as: first).status == .noContent)
            #expect(try await !isGood(again.token, client))
            #expect(try await send(client, .delete, APIPath.token.path(["ci"]), as: first).status == .notFound)
            let replaced = try await make(client, TokenRequest(name: FirstToken.name), as: first)
            #expect(replaced.isOwn)
            #expect(try await !isGood(first, client))
            #expect(try await isGood(replaced.token, client))
        }
    }

    /// Who approves a rollout is known by the name of an account.
    @Test(arguments: [Role.viewer, .developer, .maintainer])
    func `Who is no administrator makes no account, takes nobody's place and revokes nobody`(role: Role) async throws {
        try await with { client, first in
            let ci = try await make(client, TokenRequest(name: "ci", role: role), as: first).token
            for name in ["ops-boss", "ops-boss/ci", FirstToken.name, "test", "test/other"] {
                let refused = try await send(
                    client, .post, APIPath.tokens.path(), as: ci, TokenRequest(name: name, role: .viewer))
                #expect(refused.status == .forbidden)
                let problem = try problem(refused)
                #expect(problem.code == "not_allowed" && problem.message.contains("“ci” is \(role) of **"))
                #expect(try await send(client, .delete, APIPath.token.path([name]), as: ci).status == .forbidden)
            }
            #expect(try await isGood(first, client))
            // Of others it does not even see the names.
            #expect(try await tokens(client, as: ci).map(\.name) == ["ci"])
            // Itself it may replace, as after a leak.
            let own = try await make(client, TokenRequest(name: "ci"), as: ci)
            #expect(own.isOwn)
            #expect(try await !isGood(ci, client))
            #expect(try await isGood(own.token, client))
        }
    }

    @Test func `What a token makes for its account may do no more and ends no later`() async throws {
        try await with { client, first in
            let end = Timestamp.now.adding(.seconds(86_400))
            _ = try await make(client, TokenRequest(name: "ci", role: .maintainer), as: first)
            let limited = try await make(
                client,
                TokenRequest(name: "ci/shop", role: .developer, repositories: ["shop/*"], expiresAt: end), as: first)
            let wider = TokenRequest(name: "ci/wide", role: .administrator, repositories: ["**"])
            let made = try await make(client, wider, as: limited.token)
            let view = try #require(try await tokens(client, as: made.token).first { $0.name == "ci/wide" })
            #expect(view.role == .developer && view.repositories == ["shop/*"] && view.expiresAt == end)
            // It revokes itself alone, whatever else its account has.
            #expect(try await send(client, .delete, APIPath.token.path(["ci"]), as: made.token).status == .forbidden)
            #expect(
                try await send(client, .delete, APIPath.token.path(["ci/wide"]), as: made.token).status == .noContent)
        }
    }

    // MARK: - What a token makes

    /// Somebody with a login, as `slipway login` makes it, and the names of their tokens and of what each was made with.
    private func withLogin(
        _ body: @escaping @Sendable (TestClient, PlatformFixture, PersonalToken) async throws -> Void
    ) async throws {
        try await PlatformFixture.with { fixture in
            let login = try await self.login("ada", fixture)
            let router = try PipelineRouter.make(
                fixture.operations, publicURL: "http://slipway", logger: Logger(label: "test"))
            try await Application(router: router).test(.router) { try await body($0, fixture, login) }
        }
    }

    private func login(_ name: String, _ fixture: PlatformFixture) async throws -> PersonalToken {
        let link = try await fixture.operations.people.makeLink(for: name, as: .administrator)
        return try await fixture.operations.signIns.redeem(
            LinkRequest(code: String(link.url.split(separator: "=").last ?? ""), token: "login.laptop"),
            from: .unknown)
    }

    @Test func `What a token makes ends with it, and what that made, and who signed in with any of them is out`()
        async throws
    {
        try await withLogin { client, fixture, login in
            let child = try await make(client, TokenRequest(name: "a"), as: login.token).token
            let grandchild = try await make(client, TokenRequest(name: "b"), as: child).token
            let session = try await fixture.operations.signIn(token: grandchild)
            // Made in a session that was begun with a token, it is that token's too.
            let principal = try await fixture.operations.access.principal(session: session)
            let last = try await fixture.operations.tokens.make(TokenRequest(name: "c"), as: principal).token
            let parents = try await tokens(client, as: login.token).filter { $0.account == "ada" }
                .map { [$0.name, $0.parent, $0.madeBy] }
            #expect(
                parents == [
                    ["ada/a", "ada/login.laptop", "ada"], ["ada/b", "ada/a", "ada"], ["ada/c", "ada/b", "ada"],
                    ["ada/login.laptop", nil, "ada"],
                ])
            #expect(
                try await send(client, .delete, APIPath.token.path(["ada/a"]), as: login.token).status == .noContent)
            for token in [child, grandchild, last] { #expect(try await !isGood(token, client)) }
            await #expect(throws: OperationError.self) {
                try await fixture.operations.access.principal(session: session)
            }
            #expect(try await isGood(login.token, client))
            let entry = try await fixture.operations.audit.list(limit: 1, as: .administrator).items.first
            #expect(entry?.subject == "ada/a" && entry?.after == ["revoked": ["ada/b", "ada/c"]])
        }
    }

    @Test func `One that takes a token's place ends what that made, and a new login goes on with it`() async throws {
        try await withLogin { client, fixture, first in
            let child = try await make(client, TokenRequest(name: "a"), as: first.token).token
            let second = try await self.login("ada", fixture)
            #expect(try await !isGood(first.token, client))
            #expect(try await isGood(child, client))
            #expect(try await tokens(client, as: child).first { $0.name == "ada/a" }?.parent == "ada/login.laptop")
            let grandchild = try await make(client, TokenRequest(name: "b"), as: child).token
            // As after a leak.
            let replaced = try await make(client, TokenRequest(name: "a"), as: child)
            #expect(replaced.isOwn)
            for token in [child, grandchild] { #expect(try await !isGood(token, client)) }
            #expect(
                try await tokens(client, as: replaced.token).first { $0.name == "ada/a" }?.parent == "ada/login.laptop")
            // Nobody takes the place of what they end with.
            let refused = try await send(
                client, .post, APIPath.tokens.path(), as: replaced.token, TokenRequest(name: "login.laptop"))
            #expect(try refused.status == .conflict && problem(refused).code == "ancestor_token")
            #expect(try await isGood(second.token, client))
        }
    }

    @Test func `A token with a limit ends no other one than itself and what it made`() async throws {
        try await withLogin { client, fixture, login in
            let other = try await make(client, TokenRequest(name: "other"), as: login.token).token
            let limited = try await make(client, TokenRequest(name: "small", role: .viewer), as: login.token).token
            let child = try await make(client, TokenRequest(name: "child"), as: limited).token
            for name in ["ada/other", "ada/login.laptop"] {
                let refused = try await send(client, .delete, APIPath.token.path([name]), as: limited)
                #expect(try refused.status == .forbidden && problem(refused).code == "limited_token")
            }
            // Nor by taking its place.
            let replaced = try await send(
                client, .post, APIPath.tokens.path(), as: limited, TokenRequest(name: "other"))
            #expect(try replaced.status == .forbidden && problem(replaced).code == "limited_token")
            #expect(try await isGood(other, client))
            #expect(
                try await send(client, .delete, APIPath.token.path(["ada/child"]), as: limited).status == .noContent)
            #expect(try await !isGood(child, client))
        }
    }

    @Test func `What a token is just making when it is revoked is not made`() async throws {
        try await withLogin { client, fixture, login in
            let (access, all) = (fixture.operations.access, fixture.operations.tokens)
            let principal = try await access.principal(token: login.token)
            let session = try await fixture.operations.signIn(token: login.token)
            let signedIn = try await access.principal(session: session)
            try await all.revoke("ada/login.laptop", as: .administrator)
            for principal in [principal, signedIn] {
                let error = await #expect(throws: OperationError.self) {
                    try await all.make(TokenRequest(name: "late"), as: principal)
                }
                #expect(error?.kind == .notSignedIn)
            }
            #expect(try await all.all(as: .administrator).map(\.name) == ["test"])
        }
    }

    @Test func `Whoever is blocked has no token left, also once they are let in again`() async throws {
        try await withLogin { client, fixture, login in
            _ = try await make(client, TokenRequest(name: "a"), as: login.token)
            for isBlocked in [true, false] {
                _ = try await fixture.operations.people.change(
                    "ada", PersonChange(isBlocked: isBlocked), as: .administrator)
                #expect(try await !isGood(login.token, client))
                #expect(try await fixture.operations.tokens.all(as: .administrator).map(\.name) == ["test"])
            }
        }
    }

    @Test func `A token makes no link for its own account, which would outlive it`() async throws {
        try await withLogin { client, fixture, login in
            let principal = try await fixture.operations.access.principal(token: login.token)
            let error = await #expect(throws: OperationError.self) {
                try await fixture.operations.people.link(for: "ada", as: principal)
            }
            #expect(error?.problem.code == "own_link")
            _ = try await fixture.operations.people.invite(PersonRequest(name: "bob"), as: principal)
            _ = try await fixture.operations.people.link(for: "bob", as: principal)
        }
    }

    // MARK: - People of a provider

    @Test func `A token of a provider's person holds while they sign in there, and a sign-in renews it`() async throws {
        try await withLogin { client, fixture, login in
            let access = fixture.operations.access
            let hold = SessionPolicy().tokenHold
            func signIn(at moment: Timestamp) async throws {
                try await fixture.store.write { try $0.people.signedIn("ada", now: moment) }
            }
            let now = Timestamp.now
            // Somebody with an account here signs in here, whenever that was.
            try await signIn(at: now.adding(.seconds(-365 * 86_400)))
            _ = try await access.principal(token: login.token, now: now)
            try await fixture.store.write { transaction in
                guard var ada = try transaction.people.find("ada") else { return }
                ada.identity = .init(issuer: "https://login.example", subject: "1")
                try transaction.people.save(ada)
            }
            try await signIn(at: now)
            let session = try await fixture.operations.signIn(token: login.token)
            _ = try await access.principal(token: login.token, now: now.adding(hold + .milliseconds(-1)))
            let late = now.adding(hold)
            let error = await #expect(throws: OperationError.self) {
                try await access.principal(token: login.token, now: late)
            }
            #expect(error?.kind == .notSignedIn && error?.problem.code == "sign_in_again")
            #expect(
                error?.problem.message.contains("30 days after “ada” signs in at https://login.example, last at")
                    == true)
            #expect(error?.problem.remedy?.contains("slipway login") == true)
            // Nor does it begin a session, and one that was begun with it is over.
            try await signIn(at: now.adding(.zero - hold))
            await #expect(throws: OperationError.self) { try await fixture.operations.signIn(token: login.token) }
            await #expect(throws: OperationError.self) { try await access.principal(session: session) }
            // Also where a clock that was ahead said when.
            try await signIn(at: now.adding(.seconds(2 * 86_400)))
            await #expect(throws: OperationError.self) { try await access.principal(token: login.token, now: now) }
            try await signIn(at: late)
            _ = try await access.principal(token: login.token, now: late)
        }
    }

    @Test func `A service account is given a role once, and its usual token may give it another`() async throws {
        try await with { client, first in
            let refused = try await send(client, .post, APIPath.tokens.path(), as: first, TokenRequest(name: "ci"))
            #expect(refused.status == .badRequest)
            #expect(try problem(refused).code == "no_role")
            let odd = TokenRequest(name: "ci", role: .viewer, repositories: ["shop/w*"])
            #expect(
                try problem(try await send(client, .post, APIPath.tokens.path(), as: first, odd)).code
                    == "malformed_scope")
            let repositories = APIPath.repositories.path()
            func count(_ token: String) async throws -> Int {
                let answer = try await send(client, .get, repositories, as: token)
                return try Wire.decode(Page<RepositoryView>.self, from: Data(answer.body.readableBytesView)).items.count
            }
            let other = TokenRequest(name: "ci", role: .viewer, repositories: ["other/*"])
            #expect(try await count(try await make(client, other, as: first).token) == 0)
            let shop = TokenRequest(name: "ci", role: .viewer, repositories: ["shop/*"])
            #expect(try await count(try await make(client, shop, as: first).token) == 1)
        }
    }

    @Test func `A token that has ended opens nothing, and says so`() async throws {
        try await PlatformFixture.with { fixture in
            let access = fixture.operations.access
            let end = Timestamp.now.adding(.seconds(60))
            let token = try await fixture.operations.tokens.make(
                TokenRequest(name: "ci", role: .viewer, expiresAt: end), as: .administrator
            ).token
            let session = try await fixture.operations.signIn(token: token)
            _ = try await access.principal(token: token, now: end.adding(.milliseconds(-1)))
            do {
                _ = try await access.principal(token: token, now: end)
                Issue.record("it is good for ever")
            } catch let error as OperationError {
                #expect(error.kind == .notSignedIn && error.problem.message == "the token “ci” expired at \(end)")
            }
            await #expect(throws: OperationError.self) { try await access.principal(session: session, now: end) }
            await #expect(throws: OperationError.self) {
                try await fixture.operations.tokens.make(
                    TokenRequest(name: "ci", role: .viewer, expiresAt: .now), as: .administrator)
            }
        }
    }

    @Test func `When a token was last used is shown at once, and kept`() async throws {
        try await PlatformFixture.with { fixture in
            let (access, tokens) = (fixture.operations.access, fixture.operations.tokens)
            let token = try await tokens.make(TokenRequest(name: "ci", role: .viewer), as: .administrator).token
            func used() async throws -> Timestamp? {
                try await tokens.all(as: .administrator).first { $0.name == "ci" }?.usedAt
            }
            #expect(try await used() == nil)
            let moment = Timestamp.now
            _ = try await access.principal(token: token, now: moment)
            #expect(try await used() == moment)
            try await access.noteUses()
            #expect(try await used() == moment)
            #expect(try await fixture.store.read { try $0.access.token(named: "ci")?.usedAt } == moment)
        }
    }

    @Test func `What is kept of a token is no token`() async throws {
        try await PlatformFixture.with { fixture in
            let token = try await fixture.operations.tokens.make(
                TokenRequest(name: "ci", role: .viewer), as: .administrator
            ).token
            let kept: [String] = try await fixture.store.read { try $0.database.values("SELECT hash FROM tokens") }
            #expect(!kept.isEmpty && !kept.contains(token))
            for hash in kept {
                await #expect(throws: OperationError.self) {
                    try await fixture.operations.access.principal(token: hash)
                }
            }
        }
    }
}
