import HTTPClient
import Hummingbird
import Logging
import NIOCore
import TestSupport
import Testing

/// Bodies flow both ways only as fast as the slower side, and stop when told to.
@Suite struct StreamTests {
    private let client = HTTPClient(logger: Logger(label: "test"))
    private static let piece = [UInt8](repeating: 120, count: 64 * 1024)

    /// An endless download; `sent` counts the bytes, `ended` the requests the server saw end.
    private func endless(sent: Counter, ended: Counter) -> Router<PeerContext> {
        let router = Router(context: PeerContext.self)
        router.get("endless") { _, _ in
            Response(
                status: .ok,
                body: ResponseBody { writer in
                    defer { ended.add() }
                    while true {
                        try await writer.write(ByteBuffer(bytes: Self.piece))
                        sent.add(Self.piece.count)
                    }
                })
        }
        return router
    }

    @Test func aSlowReaderHoldsTheServerBack() async throws {
        let (sent, ended) = (Counter(), Counter())
        try await WebServer.with(endless(sent: sent, ended: ended)) { server async throws in
            let response = try await client.send(
                ClientRequest(.get, server.url + "/endless", idleTimeout: .seconds(3)))
            let held = try await sent.settled()
            // Longer than may be idle: the reader is what everyone waits for.
            try await Task.sleep(for: .seconds(4))
            // Buffers of the kernel on both sides, and this client's.
            #expect(held < 64 << 20)
            var read = 0
            for try await piece in response.body {
                read += piece.count
                if read > 128 << 20 { break }
            }
            #expect(sent.count > held)
        }
        #expect(ended.count == 1)
    }

    @Test func lettingGoOfABodyStopsTheTransfer() async throws {
        let (sent, ended) = (Counter(), Counter())
        try await WebServer.with(endless(sent: sent, ended: ended)) { server async throws in
            _ = try await client.send(ClientRequest(.get, server.url + "/endless"))
            try await waitUntil { ended.count == 1 }
        }
    }

    @Test func cancellingTheReaderStopsTheTransfer() async throws {
        let (sent, ended) = (Counter(), Counter())
        try await WebServer.with(endless(sent: sent, ended: ended)) { server async throws in
            let response = try await client.send(ClientRequest(.get, server.url + "/endless"))
            let reader = Task {
                for try await _ in response.body {}
            }
            try await Task.sleep(for: .milliseconds(100))
            reader.cancel()
            await expect(code: .cancelled) { try await reader.value }
            try await waitUntil { ended.count == 1 }
            #expect(response.status == 200)
        }
    }

    @Test func cancellingBeforeTheHeadStopsTheTransfer() async throws {
        let ended = Counter()
        let router = Router(context: PeerContext.self)
        router.get("slow") { _, _ in
            Response(
                status: .ok,
                body: ResponseBody { writer in
                    try await writer.finish(nil)
                })
        }
        router.get("stuck") { request, _ in
            try await request.body.consumeWithInboundCloseHandler { _ in
                try? await Task.sleep(for: .seconds(30))
            } onInboundClosed: {
                ended.add()
            }
            return ""
        }
        try await WebServer.with(router) { server async throws in
            let request = Task { try await client.send(ClientRequest(.get, server.url + "/stuck")).status }
            try await Task.sleep(for: .milliseconds(100))
            request.cancel()
            // The server would hold it for half a minute, and then there would be an answer.
            await expect(code: .cancelled) { try await request.value }
            try await waitUntil { ended.count == 1 }
        }
    }

    @Test func aSlowServerHoldsTheStreamBack() async throws {
        let pulled = Counter()
        let router = Router(context: PeerContext.self)
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        router.post("slow") { request, _ in
            for await _ in gate {}
            var size = 0
            for try await piece in request.body { size += piece.readableBytes }
            return "\(size)"
        }
        try await WebServer.with(router) { server async throws in
            let upload = AsyncThrowingStream<[UInt8], any Error> {
                guard pulled.count < 1024 else { return nil }
                pulled.add()
                return Self.piece
            }
            async let answer = client.send(
                ClientRequest(
                    .post, server.url + "/slow", body: .stream(length: Int64(1024 * Self.piece.count), upload)))
            let held = try await pulled.settled()
            #expect(held < 256)
            opener.finish()
            let body = try await answer.body.collect(upTo: 100)
            #expect(String(decoding: body, as: UTF8.self) == "\(1024 * Self.piece.count)")
        }
    }

    @Test func theAnswerCanComeDuringTheUpload() async throws {
        let router = Router(context: PeerContext.self)
        router.post("both") { request, _ in
            Response(
                status: .ok,
                body: ResponseBody { writer in
                    for try await piece in request.body { try await writer.write(piece) }
                    try await writer.finish(nil)
                })
        }
        try await WebServer.with(router) { server async throws in
            let (upload, give) = AsyncThrowingStream<[UInt8], any Error>.makeStream()
            give.yield(Array("first".utf8))
            let response = try await client.send(
                ClientRequest(
                    .post, server.url + "/both", body: .stream(length: nil, upload), idleTimeout: .seconds(3)))
            var body = response.body.makeAsyncIterator()
            #expect(try await body.next() == Array("first".utf8))
            // The stream is what everyone waits for: that is not idle.
            try await Task.sleep(for: .seconds(4))
            give.yield(Array("second".utf8))
            #expect(try await body.next() == Array("second".utf8))
            give.finish()
            #expect(try await body.next() == nil)
        }
    }

    @Test func aStreamThatFailsOrLiesFailsTheRequest() async throws {
        struct Broken: Error {}
        let router = Router(context: PeerContext.self)
        router.post("sink") { request, _ in
            for try await _ in request.body {}
            return ""
        }
        try await WebServer.with(router) { server async throws in
            let url = server.url + "/sink"
            let failing = AsyncThrowingStream<[UInt8], any Error> { throw Broken() }
            await expect(code: .requestBody) {
                try await client.send(ClientRequest(.post, url, body: .stream(length: nil, failing)))
            }
            await expect(code: .requestBody) {
                try await client.send(ClientRequest(.post, url, body: .stream(length: 4, stream(["12345"]))))
            }
            await expect(code: .requestBody) {
                try await client.send(ClientRequest(.post, url, body: .stream(length: 6, stream(["12345"]))))
            }
        }
    }

    @Test func sizeLimits() async throws {
        let router = Router(context: PeerContext.self)
        router.get("big") { _, _ in String(repeating: "x", count: 100_000) }
        try await WebServer.with(router) { server async throws in
            let url = server.url + "/big"
            await expect(code: .tooLarge) {
                try await client.send(ClientRequest(.get, url)).body.collect(upTo: 99_999)
            }
            await expect(code: .tooLarge) {
                try await client.send(ClientRequest(.get, url, maximumBodyBytes: 99_999)).body.collect(upTo: 1 << 20)
            }
            let whole = try await client.send(ClientRequest(.get, url, maximumBodyBytes: 100_000))
            #expect(try await whole.body.collect(upTo: 100_000).count == 100_000)
        }
    }

    private func waitUntil(_ condition: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        for _ in 0..<500 {
            if condition() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("did not happen within 5 s", sourceLocation: sourceLocation)
    }
}
