import Glibc
import HTTPClient
import Logging
import TestSupport
import Testing

/// Servers that are not there, fall silent or talk nonsense: each ends in the right error, in time.
@Suite struct FailureTests {
    private let client = HTTPClient(logger: Logger(label: "test"))

    @Test func nonsense() async throws {
        try await PythonServer.with { server async throws in
            let url = "http://127.0.0.1:\(server.port)"
            await expect(code: .protocolViolation) { try await client.send(HTTPRequest(.get, url + "/garbage")) }
            await expect(code: .tooLarge) { try await client.send(HTTPRequest(.get, url + "/headers")) }
            await expect(code: .connectionLost) { try await client.send(HTTPRequest(.get, url + "/nothing")) }
            let half = try await client.send(HTTPRequest(.get, url + "/half"))
            var body = half.body.makeAsyncIterator()
            #expect(try await body.next() == Array("0123456789".utf8))
            await expect(code: .connectionLost) { try await half.body.collect(upTo: 1000) }
        }
    }

    @Test func silence() async throws {
        try await PythonServer.with { server async throws in
            let url = "http://127.0.0.1:\(server.port)"
            try await within(.seconds(10)) {
                await expect(code: .idleTimedOut) {
                    try await client.send(HTTPRequest(.get, url + "/silent", idleTimeout: .seconds(1)))
                }
            }
            let stalled = try await client.send(HTTPRequest(.get, url + "/stall", idleTimeout: .seconds(2)))
            try await within(.seconds(10)) {
                await expect(code: .idleTimedOut) { try await stalled.body.collect(upTo: 1000) }
            }
            let drips = try await client.send(
                HTTPRequest(.get, url + "/drip", totalTimeout: .seconds(3), idleTimeout: .seconds(2)))
            try await within(.seconds(10)) {
                await expect(code: .totalTimedOut) { try await drips.body.collect(upTo: 1000) }
            }
        }
    }

    @Test func socketsStayOutOfOtherPrograms() async throws {
        try await PythonServer.with { server in
            let open = try await client.send(HTTPRequest(.get, "http://127.0.0.1:\(server.port)/stall"))
            var found = 0
            for descriptor in Int32(3)..<1024 {
                var address = sockaddr_in()
                var length = socklen_t(MemoryLayout<sockaddr_in>.size)
                let hasPeer = withUnsafeMutablePointer(to: &address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        getpeername(descriptor, $0, &length) == 0
                    }
                }
                guard hasPeer, Int(UInt16(bigEndian: address.sin_port)) == server.port else { continue }
                found += 1
                #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
            }
            #expect(found == 1)
            #expect(open.status == 200)
        }
    }

    @Test func nobodyThere() async throws {
        await expect(code: .unreachable) { try await client.send(HTTPRequest(.get, "http://127.0.0.1:1/")) }
        await expect(code: .unresolvable) { try await client.send(HTTPRequest(.get, "http://nowhere.invalid/")) }
    }

    @Test func aConnectionThatNeverStands() async throws {
        // A listener whose queue is full drops what else knocks.
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        var knockers: [Int32] = []
        defer { for knocker in knockers { close(knocker) } }
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = bind(listener, address, length)
                _ = listen(listener, 0)
                _ = getsockname(listener, address, &length)
                for _ in 0..<4 {
                    let knocker = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
                    _ = connect(knocker, address, length)
                    knockers.append(knocker)
                }
            }
        }
        let port = UInt16(bigEndian: address.sin_port)
        try await Task.sleep(for: .milliseconds(100))
        try await within(.seconds(10)) {
            await expect(code: .connectTimedOut) {
                try await client.send(
                    HTTPRequest(.get, "http://127.0.0.1:\(port)/", connectTimeout: .milliseconds(500)))
            }
        }
    }

    @Test func requestsThatCannotBeSent() async throws {
        let url = "http://127.0.0.1:1/"
        await expect(code: .invalidRequest) {
            try await client.send(HTTPRequest(.get, url, headers: ["X": "a\r\nAuthorization: b"]))
        }
        await expect(code: .invalidRequest) {
            try await client.send(HTTPRequest(.get, url, authentication: .bearer("a\r\nX: b")))
        }
        await expect(code: .invalidRequest) { try await client.send(HTTPRequest(.get, url, body: .bytes([1]))) }
        await expect(code: .invalidRequest) { try await client.send(HTTPRequest(.post, url, redirects: 1)) }
        await expect(code: .invalidRequest) {
            try await client.send(HTTPRequest(.init(rawValue: "A B"), url, body: .bytes([1])))
        }
    }
}
