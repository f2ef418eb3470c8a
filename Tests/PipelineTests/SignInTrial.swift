import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import Pipeline

/// What the tests of signing in send, and what they read of the answers.
protocol SignInTrial {}

extension SignInTrial {
    static var password: String { "correct horse battery" }

    func with(_ body: @escaping @Sendable (TestClient, PlatformFixture) async throws -> Void) async throws {
        try await PlatformFixture.with { fixture in
            let router = try PipelineRouter.make(
                fixture.operations, publicURL: "http://slipway", logger: Logger(label: "test"))
            try await Application(router: router).test(.router) { try await body($0, fixture) }
        }
    }

    // MARK: - Helpers

    static var ours: HTTPFields { [.secFetchSite: "same-origin"] }

    func code(_ grant: LinkGrant) throws -> String {
        try String(#require(grant.url.split(separator: "code=").last))
    }

    func post(
        _ client: TestClient, _ path: String, _ form: String, cookie: String? = nil,
        from place: HTTPFields = [.secFetchSite: "same-origin"]
    ) async throws -> TestResponse {
        var headers = place
        headers[.contentType] = "application/x-www-form-urlencoded"
        headers[.cookie] = cookie
        return try await client.execute(uri: path, method: .post, headers: headers, body: ByteBuffer(string: form))
    }

    func send(
        _ client: TestClient, _ method: HTTPRequest.Method, _ path: String, _ body: (any Encodable & Sendable)? = nil,
        token: String? = nil, cookie: String? = nil
    ) async throws -> TestResponse {
        var headers = Self.ours
        if body != nil { headers[.contentType] = "application/json" }
        headers[.cookie] = cookie
        if let token { headers[.authorization] = "Bearer \(token)" }
        return try await client.execute(
            uri: path, method: method, headers: headers,
            body: try body.map { ByteBuffer(bytes: try Wire.encode($0)) })
    }

    func decode<Value: Decodable>(_ response: TestResponse, as type: Value.Type = Value.self) throws -> Value {
        try Wire.decode(type, from: Data(response.body.readableBytesView))
    }

    func problem(_ response: TestResponse) throws -> String { try decode(response, as: Problem.self).code }

    func cookie(_ response: TestResponse) throws -> String {
        String(try #require(response.headers[.setCookie], "\(response.status)").prefix { $0 != ";" })
    }

    /// Somebody with a password, and the cookie of their session.
    func person(
        _ name: String, _ client: TestClient, _ fixture: PlatformFixture
    ) async throws -> String {
        let link = try await fixture.operations.people.invite(PersonRequest(name: name), as: .administrator)
        let answer = try await post(
            client, "/link", "code=\(try code(link))&password=\(Self.password.replacing(" ", with: "+"))")
        #expect(answer.status == .seeOther)
        return try cookie(answer)
    }

    func signIn(
        _ client: TestClient, _ name: String, _ password: String = "correct horse battery"
    ) async throws -> TestResponse {
        try await send(client, .post, APIPath.session.path(), SessionRequest(name: name, password: password))
    }
}
