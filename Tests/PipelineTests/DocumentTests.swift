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

    @Test func `The pages are at the paths of their list, and no others`() async throws {
        try await PlatformFixture.with { fixture in
            let router = try PipelineRouter.routes(
                fixture.operations, publicURL: "https://slipway.example", logger: Logger(label: "test"))
            let served = Set(router.routes.map(\.path.description).filter { !$0.hasPrefix(APIPath.root) })
            #expect(served.sorted() == PagePath.allCases.map(\.route.description).sorted())
        }
    }

    /// Whatever a template or the script says of a path of this site.
    @Test func `What pages lead to is in one of the lists`() throws {
        let lists = PagePath.allCases.map(\.rawValue) + APIPath.allCases.map { "\(APIPath.root)/\($0.rawValue)" }
        let known = lists.map { $0.split(separator: "/") }
        var found = 0
        for (name, bytes) in WebPages.sources.map({ ($0.key, $0.value) }) + [("script", PackageResources.slipway_js)] {
            let text = String(decoding: bytes, as: UTF8.self)
            for match in text.matches(of: /(?:href|action|data-check)="(\/[^"?#]*)|[`'](\/[a-z][^`'?#]*)/) {
                guard let path = match.1 ?? match.2 else { continue }
                found += 1
                let parts = path.split(separator: "/")
                let isKnown = known.contains { list in
                    list.count == parts.count && zip(list, parts).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
                }
                #expect(isKnown, "\(name) says \(path)")
            }
        }
        #expect(found > 20)
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
