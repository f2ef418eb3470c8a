public import HTTPTypes
public import Hummingbird
import Logging
public import NIOCore
import NIOEmbedded
import Synchronization

/// Where the requests of a ``TestClient`` go.
public enum TestWay: Sendable {
    /// Straight to the responder, without a connection.
    case router
    /// Over loopback to a server of the test's own.
    case live
}

extension ApplicationProtocol where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
    /// Runs `body` with a client of the application. Its services do not run.
    public func test(
        _ way: TestWay, _ body: @escaping @Sendable (TestClient) async throws -> Void
    ) async throws {
        let responder = try await responder
        switch way {
        case .router: try await body(TestClient(responder: responder, logger: logger))
        case .live:
            try await WebServer.with(responder: responder) { server in try await body(TestClient(server)) }
        }
    }
}

/// Sends requests to an application.
public struct TestClient: Sendable {
    /// The server's, where there is one.
    public let port: Int?
    private let send: @Sendable (HTTPRequest, ByteBuffer) async throws -> TestResponse

    init(_ server: WebServer) {
        port = server.port
        send = { head, body in
            let answer = try await exchange(
                head.method.rawValue, server.url + (head.path ?? ""),
                head.headerFields.map { ($0.name.rawName, $0.value) }, Array(body.readableBytesView))
            var headers = HTTPFields()
            for (name, value) in answer.headers {
                if let name = HTTPField.Name(name) { headers.append(HTTPField(name: name, value: value)) }
            }
            return TestResponse(
                status: .init(code: answer.status), headers: headers, body: ByteBuffer(bytes: answer.body))
        }
    }

    init<Responder: HTTPResponder>(responder: Responder, logger: Logger)
    where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
        port = nil
        send = { head, body in
            // In pieces, as a connection brings it.
            let (pieces, feed) = AsyncStream.makeStream(of: ByteBuffer.self)
            var rest = body
            while let piece = rest.readSlice(length: min(32 << 10, rest.readableBytes)), piece.readableBytes > 0 {
                feed.yield(piece)
            }
            feed.finish()
            let context = Responder.Context(
                source: ApplicationRequestContextSource(channel: NIOAsyncTestingChannel(), logger: logger))
            let response: Response
            do {
                response = try await responder.respond(
                    to: Request(head: head, body: RequestBody(asyncSequence: pieces)), context: context)
            } catch {
                response = Response(status: .internalServerError)
            }
            let collector = BodyCollector()
            try await response.body.write(collector)
            return TestResponse(
                status: response.status, headers: response.headers, body: collector.bytes.withLock { $0 })
        }
    }

    /// Sends a request.
    /// - Parameter uri: the path, with its query.
    @discardableResult
    public func execute(
        uri: String, method: HTTPRequest.Method, headers: HTTPFields = [:], body: ByteBuffer? = nil
    ) async throws -> TestResponse {
        var headers = headers
        if let body { headers[.contentLength] = "\(body.readableBytes)" }
        return try await send(
            HTTPRequest(method: method, scheme: "http", authority: "localhost", path: uri, headerFields: headers),
            body ?? ByteBuffer())
    }
}

/// The answer to a request of a ``TestClient``.
public struct TestResponse: Sendable {
    public let status: HTTPResponse.Status
    public let headers: HTTPFields
    public let body: ByteBuffer
}

private final class BodyCollector: ResponseBodyWriter {
    let bytes = Mutex(ByteBuffer())

    func write(_ buffer: ByteBuffer) async throws { bytes.withLock { _ = $0.writeImmutableBuffer(buffer) } }

    func finish(_ trailers: HTTPFields?) async throws {}
}
