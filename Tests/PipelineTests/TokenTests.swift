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
            let first = try await fixture.operations.tokens.make(FirstToken.name, as: .administrator)
            let router = try PipelineRouter.make(
                fixture.operations, publicURL: "http://slipway", logger: Logger(label: "test"))
            try await Application(router: router).test(.router) { try await body($0, first) }
        }
    }

    private func send(
        _ client: TestClient, _ method: HTTPRequest.Method, _ path: String, as token: String, name: String? = nil
    ) async throws -> TestResponse {
        var headers: HTTPFields = [.authorization: "Bearer \(token)"]
        if name != nil { headers[.contentType] = "application/json" }
        return try await client.execute(
            uri: path, method: method, headers: headers,
            body: try name.map { ByteBuffer(bytes: try Wire.encode(TokenRequest(name: $0))) })
    }

    private func make(_ client: TestClient, _ name: String, as token: String) async throws -> TokenGrant {
        let answer = try await send(client, .post, APIPath.tokens.path(), as: token, name: name)
        #expect(answer.status == .created)
        #expect(answer.headers[.cacheControl] == "no-store")
        return try Wire.decode(TokenGrant.self, from: Data(answer.body.readableBytesView))
    }

    private func isGood(_ token: String, _ client: TestClient) async throws -> Bool {
        try await send(client, .get, APIPath.runs.path(), as: token).status == .ok
    }

    @Test func `The first token makes, replaces and revokes others, and each is told once`() async throws {
        try await with { client, first in
            let ci = try await make(client, "ci", as: first)
            #expect(!ci.isOwn && ci.name == "ci" && ci.token.hasPrefix("slp_"))
            #expect(try await isGood(ci.token, client))
            let listed = try await send(client, .get, APIPath.tokens.path(), as: ci.token)
            let text = String(buffer: listed.body)
            #expect(try Wire.decode(Page<TokenView>.self, from: Data(text.utf8)).items.map(\.name).contains("ci"))
            #expect(!text.contains("slp_"))
            let again = try await make(client, "ci", as: first)
            #expect(try await !isGood(ci.token, client))
            #expect(try await isGood(again.token, client))
            #expect(try await send(client, .delete, APIPath.token.path(["ci"]), as: first).status == .noContent)
            #expect(try await !isGood(again.token, client))
            #expect(try await send(client, .delete, APIPath.token.path(["ci"]), as: first).status == .notFound)
            let replaced = try await make(client, FirstToken.name, as: first)
            #expect(replaced.isOwn)
            #expect(try await !isGood(first, client))
            #expect(try await isGood(replaced.token, client))
        }
    }

    /// Who approves a rollout is known by the name of a token.
    @Test func `A token makes itself no other name, takes nobody's place and revokes nobody`() async throws {
        try await with { client, first in
            let ci = try await make(client, "ci", as: first).token
            for name in ["ops-boss", FirstToken.name, "test"] {
                let refused = try await send(client, .post, APIPath.tokens.path(), as: ci, name: name)
                #expect(refused.status == .forbidden)
                let problem = try Wire.decode(Problem.self, from: Data(refused.body.readableBytesView))
                #expect(problem.code == "not_first_token" && problem.remedy?.contains("pipeline token") == true)
                #expect(try await send(client, .delete, APIPath.token.path([name]), as: ci).status == .forbidden)
            }
            #expect(try await isGood(first, client))
            // Itself it may replace, as after a leak.
            let own = try await make(client, "ci", as: ci)
            #expect(own.isOwn)
            #expect(try await !isGood(ci, client))
            #expect(try await isGood(own.token, client))
        }
    }

    @Test func `What is kept of a token is no token`() async throws {
        try await PlatformFixture.with { fixture in
            let token = try await fixture.operations.tokens.make("ci", as: .administrator)
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
