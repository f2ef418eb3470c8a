import Contracts
import Testing

@testable import Pipeline

/// What people may name, and how much one account may keep.
@Suite struct PeopleBoundsTests {
    @Test func `No name is a folder of a path`() {
        for name in [".", "..", "", "a b", "a/b"] { #expect(!KeptName.isValid(name), "\(name)") }
        for name in ["...", ".env", "a.b"] { #expect(KeptName.isValid(name), "\(name)") }
    }

    @Test(arguments: [
        ("..", "person"), (".", "person"), ("", "person"), ("..Ada", "ada"), ("Ada L.", "ada-l."), ("a/../b", "a-..-b"),
    ])
    func `Whom a provider calls so has an account that can be named`(called: String, name: String) {
        #expect(SignInOperations.accountName(called) == name)
        #expect(KeptName.isValid(name))
    }

    @Test func `A limited token sees and ends no browser of its account`() async throws {
        try await PlatformFixture.with { platform in
            let operations = platform.operations
            try await platform.store.write { transaction in
                var token = Token(name: "test/few", account: "test", createdAt: transaction.now)
                token.limit.role = .viewer
                try transaction.access.add(token, "slp_few")
            }
            _ = try await operations.signIn(token: PlatformFixture.token)
            let limited = try await operations.access.principal(token: "slp_few")
            let browser = try #require(try await operations.sessions.all(of: nil, as: platform.principal).first)
            #expect(try await operations.sessions.all(of: nil, as: limited) == [])
            await #expect(throws: OperationError.self) { try await operations.sessions.end(browser.id, as: limited) }
            // The session that it began is its own.
            let own = try await operations.access.principal(session: operations.signIn(token: "slp_few"))
            #expect(try await operations.sessions.all(of: nil, as: own).map(\.id) == [own.session])
            try await operations.sessions.end(try #require(own.session), as: own)
            #expect(try await operations.sessions.all(of: nil, as: platform.principal).map(\.id) == [browser.id])
        }
    }

    @Test func `An account has so many tokens, each of so many scopes`() async throws {
        try await PlatformFixture.with { platform in
            let tokens = platform.operations.tokens
            let scopes = (0...RepositoryScope.most).map { "a\($0)/**" }
            let error = await #expect(throws: OperationError.self) {
                try await tokens.make(TokenRequest(name: "test/a", repositories: scopes), as: platform.principal)
            }
            #expect(error?.problem.code == "many_scopes")
            try await platform.store.write { transaction in
                for number in 1..<TokenOperations.most {
                    let token = Token(name: "test/\(number)", account: "test", createdAt: transaction.now)
                    try transaction.access.add(token, "slp_\(number)")
                }
            }
            let full = await #expect(throws: OperationError.self) {
                try await tokens.make(TokenRequest(name: "test/a"), as: platform.principal)
            }
            #expect(full?.problem.code == "many_tokens")
            // One takes the place of another of its name.
            _ = try await tokens.make(TokenRequest(name: "test/1"), as: platform.principal)
        }
    }

    @Test func `An entry of the audit log is bounded`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.store.write(as: platform.principal) { transaction in
                try transaction.audit(
                    .reseal, by: platform.principal, of: "all", before: "short",
                    after: .string(String(repeating: "x", count: AuditStore.longest)))
            }
            let entry = try await platform.operations.audit.list(limit: 1, as: platform.principal).items.first
            #expect(entry?.before == "short" && entry?.after == ["bytes": .integer(Int64(AuditStore.longest + 2))])
        }
    }
}
