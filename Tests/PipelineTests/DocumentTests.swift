import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import TestSupport
import Testing

@testable import Pipeline

/// The API's OpenAPI document beside what the service answers.
@Suite struct DocumentTests {
    private struct Document: Decodable {
        var openapi: String
        var paths: [String: [String: JSONValue]]
    }

    private static func document(_ bytes: [UInt8] = PackageResources.openapi_json) throws -> Document {
        try Wire.decode(Document.self, from: Data(bytes))
    }

    @Test func `It has every route of the API, and no other`() async throws {
        let documented = try Self.document().paths.flatMap { path, operations in
            operations.keys.map { "\($0.uppercased()) \(APIPath.root)\(path)" }
        }
        try await PlatformFixture.with { fixture in
            let router = try PipelineRouter.routes(
                fixture.operations, publicURL: "https://slipway.example", logger: Logger(label: "test"))
            let served = router.routes.filter { $0.path.description.hasPrefix(APIPath.root) }
                .map { "\($0.method.rawValue) \($0.path)" }
            #expect(served.sorted() == documented.sorted())
        }
    }

    @Test func `It is served to everybody`() async throws {
        try await withPlatform { client in
            let answer = try await client.execute(uri: APIPath.document.path(), method: .get)
            #expect(answer.status == .ok && answer.headers[.contentType] == "application/json; charset=utf-8")
            #expect(try Self.document(Array(answer.body.readableBytesView)).openapi == "3.1.0")
        }
    }

    @Test(
        arguments: [
            (APIPath.runs.path(), HTTPRequest.Method.put, "GET, HEAD, POST"),
            (APIPath.run.path(["1"]), .post, "GET, HEAD"),
            (APIPath.document.path(), .delete, "GET, HEAD"), ("/sign-in", .patch, "GET, HEAD, POST"),
            (APIPath.runs.path(), .trace, "GET, HEAD, POST"), ("/", .post, "GET, HEAD"),
        ])
    func `Another method is told which there are`(path: String, method: HTTPRequest.Method, allowed: String)
        async throws
    {
        try await withPlatform { client in
            let answer = try await client.execute(uri: path, method: method)
            #expect(answer.status == .methodNotAllowed && answer.headers[.allow] == allowed)
            let problem = try Wire.decode(Problem.self, from: Data(answer.body.readableBytesView))
            #expect(problem.code == "method_not_allowed" && problem.message.contains(path))
        }
    }

    private func withPlatform(_ body: @escaping @Sendable (TestClient) async throws -> Void) async throws {
        try await PlatformFixture.with { fixture in
            let application = Application(
                router: try PipelineRouter.make(
                    fixture.operations, publicURL: "https://slipway.example", logger: Logger(label: "test")))
            try await application.test(.router) { client in try await body(client) }
        }
    }
}
