import Glibc
import Hummingbird
import Logging
import NIOCore
import Runtime
import ServiceLifecycle
import TestSupport
import Testing

@testable import WebServer

/// What someone can do to a server who may do nothing.
@Suite(.timeLimit(.minutes(3))) struct StrangerTests {
    /// A server, and connections to it.
    private func with(
        patience: RequestPatience, places: ConnectionPlaces = ConnectionPlaces(),
        _ body: @Sendable @escaping (Int) async throws -> Void
    ) async throws {
        let port = try LoopbackPort.free()
        let router = Router()
        router.post("body") { request, _ in "\(try await request.body.collect(upTo: 1 << 20).readableBytes)" }
        router.get("large") { _, _ in
            Response(
                status: .ok,
                body: .init { writer in
                    for _ in 0..<64 { try await writer.write(ByteBuffer(repeating: 120, count: 1 << 20)) }
                    try await writer.finish(nil)
                })
        }
        router.get("slow") { _, _ in
            try await Task.sleep(for: .seconds(4))
            return "slow"
        }
        router.get("places") { _, _ in "\(places.count)" }
        let (served, continuation) = AsyncStream.makeStream(of: Void.self)
        let service = RouterService(
            router, on: ListenAddress(host: "127.0.0.1", port: port),
            setting: .listen("listen", "", default: ListenAddress(host: "127.0.0.1", port: 1)), patience: patience,
            places: places, logger: Logger(label: "test"), served: { continuation.finish() })
        let group = ServiceGroup(services: [service], logger: Logger(label: "test"))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            for await _ in served {}
            try await body(port)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// Runs lines of Python with `open()`, which connects.
    @discardableResult
    private func python(_ port: Int, _ lines: String) async throws -> String {
        try await runTool(
            "python3",
            [
                "-c",
                """
                import socket, time
                def open():
                    return socket.create_connection(("127.0.0.1", \(port)), timeout=30)
                def rest(connection):
                    read = b""
                    while True:
                        try:
                            piece = connection.recv(65536)
                        except ConnectionResetError:
                            return read
                        if not piece:
                            return read
                        read += piece
                \(lines)
                """,
            ])
    }

    /// Longer than a busy machine keeps a client from going on, and what is not short longer than a client waits.
    private var short: RequestPatience {
        var patience = RequestPatience()
        (patience.head, patience.body, patience.next) = (.seconds(3), .seconds(3), .seconds(120))
        return patience
    }

    @Test func `A head that is sent half ends within its time, on a new connection and on one in use`() async throws {
        try await with(patience: short) { port in
            try await python(
                port,
                """
                used = open()
                used.sendall(b"GET /slow HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
                began = time.monotonic()
                silent, half = open(), open()
                half.sendall(b"GET /slow HTTP/1.1\\r\\nHos")
                assert rest(silent) == b"" and rest(half) == b""
                assert time.monotonic() - began > 2.9, "a head has its time"
                assert used.recv(65536).startswith(b"HTTP/1.1 200 OK"), "an answer may take its time"
                time.sleep(3.5)
                used.sendall(b"GET /sl")
                began = time.monotonic()
                assert rest(used) == b"", "the rest of a head"
                assert time.monotonic() - began > 2.5, "the next request may take its time"
                """)
        }
    }

    @Test func `A head that is sent half right behind a whole request ends within its time`() async throws {
        try await with(patience: short) { port in
            try await python(
                port,
                """
                get = b"GET /places HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n"
                post = b"POST /body HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 4\\r\\n\\r\\nGET "
                chunks = b"POST /body HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n"
                chunks += b"4\\r\\nGET \\r\\n0\\r\\n\\r\\n"
                slow = b"GET /slow HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n"
                half, idle = [], []
                for whole in get, post, chunks, slow, get + post:
                    half.append(open())
                    half[-1].sendall(whole + b"GET /pl")
                    idle.append(open())
                    idle[-1].sendall(whole)
                for connection in half:
                    read = rest(connection)
                    assert read.startswith(b"HTTP/1.1 200 OK"), read
                time.sleep(1)
                for connection in idle:
                    assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK")
                    connection.sendall(get)
                    assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK"), "what owes nothing has time"
                """)
        }
    }

    @Test func `A body that comes byte by byte ends within its time`() async throws {
        try await with(patience: short) { port in
            try await python(
                port,
                """
                slow = open()
                slow.sendall(b"POST /body HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 1000\\r\\n\\r\\n")
                try:
                    for _ in range(900):
                        slow.sendall(b"x")
                        time.sleep(0.05)
                    raise SystemExit("it was waited for")
                except (BrokenPipeError, ConnectionResetError):
                    pass
                whole = open()
                whole.sendall(b"POST /body HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\nContent-Length: 3\\r\\n\\r\\nabc")
                assert rest(whole).endswith(b"3")
                """)
        }
    }

    @Test func `Who asks and reads no answer keeps no place`() async throws {
        let places = ConnectionPlaces()
        var patience = RequestPatience()
        patience.stalled = .seconds(4)
        try await with(patience: patience, places: places) { port in
            try await python(
                port,
                """
                deaf, slow = open(), open()
                for connection in deaf, slow:
                    connection.sendall(b"GET /large HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n")
                count = 0
                while piece := slow.recv(1 << 20):
                    count += len(piece)
                    time.sleep(0.005)
                assert count > 32 << 20, "who reads slowly gets it all"
                slow.close()
                # Until whoever asks is there alone.
                began = time.monotonic()
                while True:
                    asking = open()
                    asking.sendall(b"GET /places HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n")
                    left = rest(asking)
                    asking.close()
                    if left.endswith(b"\\r\\n\\r\\n1"):
                        break
                    assert time.monotonic() - began < 60, left
                    time.sleep(0.1)
                count = 0
                try:
                    while piece := deaf.recv(1 << 20):
                        count += len(piece)
                except ConnectionResetError:
                    pass
                assert count < 32 << 20
                """)
            try await eventually("all have left") { places.count == 0 }
        }
    }

    @Test func `One address that opens many connections has no more than its part`() async throws {
        let places = ConnectionPlaces(limit: 10, sourceLimit: 4)
        var patience = RequestPatience()
        patience.head = .seconds(120)
        try await with(patience: patience, places: places) { port in
            try await python(
                port,
                """
                many = [open() for _ in range(12)]
                def is_open(connection):
                    connection.setblocking(False)
                    try:
                        return connection.recv(1) != b""
                    except BlockingIOError:
                        return True
                    except ConnectionResetError:
                        return False
                # Which of them are there last is up to the server's threads.
                began = time.monotonic()
                while len(left := [connection for connection in many if is_open(connection)]) > 4:
                    assert time.monotonic() - began < 60
                    time.sleep(0.05)
                assert len(left) == 4
                left[0].settimeout(30)
                left[0].sendall(b"GET /slow HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n")
                assert rest(left[0]).endswith(b"slow")
                """)
        }
    }

    @Test func `An address that has all it may have is told of, once a minute, with what to do for a proxy`() throws {
        let lines = LogLines()
        let places = ConnectionPlaces(limit: 100, sourceLimit: 2, logger: lines.logger)
        let address = try #require(IPAddress("2001:db8:1:2:3:4:5:6"))
        let held = (0..<2).map { _ in places.enter(from: address) {} }
        #expect(held.allSatisfy { $0 != nil } && lines.all.isEmpty)
        for _ in 0..<3 { _ = places.enter(from: address) {} }
        let said = lines.all.map { "\($0.message) \($0.metadata)" }
        #expect(said.count == 1)
        #expect(said.first?.contains("SLIPWAY_TRUSTED_PROXIES") == true)
        #expect(said.first?.contains("2001:db8:1:2:3:4:5:6") == true)
    }

    @Test func `A source is what one client has`() throws {
        let address = try #require(IPAddress("2001:db8:1:2:3:4:5:6"))
        #expect(address.network.description == "2001:db8:1:2::")
        #expect(IPAddress("192.0.2.7")?.network == IPAddress("192.0.2.7"))
        #expect(IPAddress("::ffff:192.0.2.7")?.network == IPAddress("192.0.2.7"))
    }
}
