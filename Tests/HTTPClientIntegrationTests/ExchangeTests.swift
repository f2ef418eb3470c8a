import Foundation
import HTTPClient
import Hummingbird
import Logging
import NIOCore
import TestSupport
import Testing

/// What is sent arrives, and what is answered comes back: against Hummingbird on loopback.
@Suite struct ExchangeTests {
    private let client = HTTPClient(logger: Logger(label: "test"))

    /// Tells a request back: method, chosen headers, body.
    private func echo() -> Router<PeerContext> {
        let router = Router(context: PeerContext.self)
        for method in [ClientRequest.Method.get, .post, .put, .patch, .delete] {
            router.on("echo", method: .init(rawValue: method.rawValue) ?? .get) { request, _ in
                let body = try await request.body.collect(upTo: 1 << 20)
                let fields = [
                    "\(request.method)", request.headers[.authorization] ?? "-", request.headers[.contentType] ?? "-",
                    request.headers[.transferEncoding] ?? "-", String(buffer: body),
                ]
                return fields.joined(separator: "|")
            }
        }
        return router
    }

    private func text(_ request: ClientRequest) async throws -> String {
        let response = try await client.send(request)
        return String(decoding: try await response.body.collect(upTo: 1 << 20), as: UTF8.self)
    }

    @Test func methodsBodiesAndLogins() async throws {
        try await WebServer.with(echo()) { server async throws in
            let url = server.url + "/echo"
            #expect(try await text(ClientRequest(.get, url)) == "GET|-|-|-|")
            #expect(try await text(ClientRequest(.delete, url)) == "DELETE|-|-|-|")
            #expect(try await text(ClientRequest(.post, url)) == "POST|-|-|-|")
            #expect(
                try await text(
                    ClientRequest(
                        .put, url, headers: ["Content-Type": "text/plain"], body: .bytes(Array("hello".utf8)),
                        authentication: .bearer("t0ken"))) == "PUT|Bearer t0ken|text/plain|-|hello")
            #expect(
                try await text(
                    ClientRequest(
                        .patch, url, body: .bytes([]), authentication: .basic(username: "robot$x", password: "p:w")))
                    == "PATCH|Basic \(Data("robot$x:p:w".utf8).base64EncodedString())|-|-|")
            #expect(
                try await text(
                    ClientRequest(.post, url, body: .stream(length: nil, stream(["one ", "two ", "three"]))))
                    == "POST|-|-|chunked|one two three")
            #expect(
                try await text(ClientRequest(.post, url, body: .stream(length: 13, stream(["one ", "two ", "three"]))))
                    == "POST|-|-|-|one two three")
        }
    }

    @Test func statusesAreNoErrors() async throws {
        let router = Router(context: PeerContext.self)
        router.get("teapot") { _, _ in Response(status: .init(code: 418)) }
        router.head("head") { _, _ in Response(status: .ok, headers: [.contentLength: "5"]) }
        try await WebServer.with(router) { server async throws in
            let teapot = try await client.send(ClientRequest(.get, server.url + "/teapot"))
            #expect(teapot.status == 418)
            #expect(!teapot.isSuccess)
            let missing = try await client.send(ClientRequest(.get, server.url + "/none"))
            #expect(missing.status == 404)
            let head = try await client.send(ClientRequest(.head, server.url + "/head"))
            #expect(head.status == 200)
            #expect(try await head.body.collect(upTo: 0) == [])
        }
    }

    @Test func redirectsAreFollowedOnlyWhenAsked() async throws {
        let router = Router(context: PeerContext.self)
        router.get("a") { _, _ in Response(status: .found, headers: [.location: "/b"]) }
        router.get("b") { _, _ in "there" }
        router.get("loop") { _, _ in Response(status: .found, headers: [.location: "/loop"]) }
        router.get("file") { _, _ in Response(status: .found, headers: [.location: "file:///etc/passwd"]) }
        try await WebServer.with(router) { server async throws in
            let stays = try await client.send(ClientRequest(.get, server.url + "/a"))
            #expect(stays.status == 302)
            #expect(stays.headers["location"] == "/b")
            #expect(try await text(ClientRequest(.get, server.url + "/a", redirects: 1)) == "there")
            await expect(code: .tooManyRedirects) {
                try await client.send(ClientRequest(.get, server.url + "/loop", redirects: 3))
            }
            await expect(code: .protocolViolation) {
                try await client.send(ClientRequest(.get, server.url + "/file", redirects: 3))
            }
        }
    }

    @Test func unixSocket() async throws {
        let socket = "/tmp/slipway-http-\(UInt32.random(in: 0 ... .max)).sock"
        defer { unlink(socket) }
        try await WebServer.with(echo(), socket: socket) { server async throws in
            #expect(try await text(ClientRequest(.get, "http://docker/echo", socketPath: socket)) == "GET|-|-|-|")
            await expect(code: .unreachable) {
                try await client.send(ClientRequest(.get, "http://docker/echo", socketPath: socket + ".none"))
            }
        }
    }

    @Test func connectionsAreUsedAgain() async throws {
        let router = Router(context: PeerContext.self)
        router.get("port") { _, context in "\(context.peerPort ?? 0)" }
        try await WebServer.with(router) { server async throws in
            var ports: Set<String> = []
            for _ in 0..<200 { ports.insert(try await text(ClientRequest(.get, server.url + "/port"))) }
            #expect(ports.count == 1)
        }
    }

    @Test func manyAtOnce() async throws {
        let router = Router(context: PeerContext.self)
        router.get("n") { request, _ in
            try await Task.sleep(for: .milliseconds(50))
            return String(request.uri.queryParameters["i"] ?? "")
        }
        try await WebServer.with(router) { server async throws in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for index in 0..<100 {
                    group.addTask { try await text(ClientRequest(.get, server.url + "/n?i=\(index)")) == "\(index)" }
                }
                for try await right in group { #expect(right) }
            }
        }
    }

    @Test func shutdownEndsWhatRuns() async throws {
        let router = Router(context: PeerContext.self)
        router.get("slow") { _, _ in
            try await Task.sleep(for: .seconds(60))
            return ""
        }
        try await WebServer.with(router) { server async throws in
            let client = HTTPClient(logger: Logger(label: "test"))
            let answer = Task { try await client.send(ClientRequest(.get, server.url + "/slow")).status }
            try await Task.sleep(for: .milliseconds(200))
            await client.shutdown()
            await expect(code: .shutDown) { try await answer.value }
            await expect(code: .shutDown) { try await client.send(ClientRequest(.get, server.url + "/slow")) }
        }
    }
}

/// A stream of texts, as a request's body.
func stream(_ texts: [String]) -> AsyncThrowingStream<[UInt8], any Error> {
    AsyncThrowingStream { continuation in
        for text in texts { continuation.yield(Array(text.utf8)) }
        continuation.finish()
    }
}

/// Expects an error of the client with a code.
func expect(
    code: HTTPClientError.Code, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> some Sendable
) async {
    do {
        _ = try await body()
        Issue.record("no error, expected \(code)", sourceLocation: sourceLocation)
    } catch let error as HTTPClientError {
        #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
    } catch {
        Issue.record("\(error), expected \(code)", sourceLocation: sourceLocation)
    }
}
