import Contracts
import FoundationEssentials
import Logging
import Messaging
import NIOCore
import NIOHTTP1
import Storage
import TestSupport
import Testing
import WebServer

@testable import WebhookGateway

@Suite("Durable before it is answered")
struct IntakeTests {
    @Test("the broker is away and there is no spool: 503 and when to come again")
    func noSpool() async throws {
        let gateway = Gateway()
        gateway.broker.isAway = true
        let answer = try await gateway.post(Hook())
        #expect(answer.status == .serviceUnavailable)
        #expect(answer.headers[one: "Retry-After"] == "30")
        #expect(answer.body["code"] == "unavailable")
    }

    @Test("the broker is away: the spool keeps pushes in order until it is back, over a restart too")
    func spool() async throws {
        let folder = "/tmp/slipway-spool-\(UInt64.random(in: 0 ... .max))"
        defer { do { try FileManager.default.removeItem(atPath: folder) } catch { Issue.record(error) } }
        var gateway = Gateway()
        let broker = gateway.broker
        gateway.spool = try await Spool.open(in: folder, logger: Logger(label: "test")) { try broker.take($0) }
        broker.isAway = true
        var ids: [JSONValue?] = []
        for number in 0..<3 {
            var hook = Hook()
            hook.headers[one: GitLab.Header.idempotencyKey] = "\(number)"
            let answer = try await gateway.post(hook)
            #expect(answer.status == .accepted)
            ids.append(answer.body["id"])
        }
        broker.isAway = false
        // What comes now queues up behind what waits.
        var later = Hook()
        later.headers[one: GitLab.Header.idempotencyKey] = "later"
        ids.append(try await gateway.post(later).body["id"])
        #expect(broker.taken.isEmpty)

        let restarted = try await Spool.open(in: folder, logger: Logger(label: "test")) { try broker.take($0) }
        #expect(!restarted.isEmpty)
        let relay = Task { try await restarted.relay.run() }
        let deadline = ContinuousClock.now + .seconds(60)
        while broker.taken.count < 4, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(10)) }
        relay.cancel()
        #expect(broker.taken.map { JSONValue.string($0.id.rawValue) } == ids)
        #expect(restarted.isEmpty)
        gateway.spool = restarted
        #expect(try await gateway.post(Hook()).status == .accepted)
        #expect(broker.taken.count == 5)
    }

    @Test("ready is who takes hooks: through the broker, or while that is away with a spool that can be written")
    func readiness() async throws {
        let logger = Logger(label: "test")
        let without = Intake(publish: { _, _ in }, spool: nil, logger: logger)
        #expect(await without.problem(broker: nil) == nil)
        #expect(await without.problem(broker: "not connected")?.hasPrefix("not connected") == true)

        let folder = "/tmp/slipway-spool-\(UInt64.random(in: 0 ... .max))"
        defer { do { try FileManager.default.removeItem(atPath: folder) } catch { Issue.record(error) } }
        let spool = try await Spool.open(in: folder, logger: logger) { _ in throw Broker.away }
        let with = Intake(publish: { $1(.failure(Broker.away)) }, spool: spool, logger: logger)
        #expect(await with.problem(broker: nil) == nil)
        #expect(await with.problem(broker: "not connected") == nil)

        let other = try Store.open(at: folder + "/spool.sqlite", migrations: Spool.migrations)
        try await other.write { database in
            try database.execute("CREATE TRIGGER full BEFORE INSERT ON probe BEGIN SELECT RAISE(FAIL, 'full'); END")
        }
        #expect(await with.problem(broker: "not connected")?.contains("full") == true)
        #expect(await with.problem(broker: nil) == nil)
    }

    @Test("a spool whose disk has room for no push is not ready, though a smaller row would fit")
    func full() async throws {
        let folder = "/tmp/slipway-spool-\(UInt64.random(in: 0 ... .max))"
        defer { do { try FileManager.default.removeItem(atPath: folder) } catch { Issue.record(error) } }
        var gateway = Gateway()
        gateway.broker.isAway = true
        let spool = try await Spool.open(in: folder, logger: Logger(label: "test")) { _ in throw Broker.away }
        gateway.spool = spool
        var hook = Hook()
        hook.set(.string("https://git.example/" + String(repeating: "a", count: 2000)), in: "project", "git_http_url")
        #expect(try await gateway.post(hook).status == .accepted)
        #expect(await spool.problem() == nil)
        // What the probe had is given back and taken by pushes.
        try await spool.store.write { try $0.execute("DELETE FROM probe") }
        let pages: Int = try await spool.store.write { try $0.value("PRAGMA page_count") ?? 0 }
        try await spool.store.write { try $0.execute("PRAGMA max_page_count = \(pages)") }
        var status = HTTPResponseStatus.accepted
        for number in 0..<20 where status == .accepted {
            hook.headers[one: GitLab.Header.idempotencyKey] = "\(number)"
            status = try await gateway.post(hook).status
        }
        #expect(status == .serviceUnavailable)
        #expect(await spool.problem()?.contains("full") == true)
    }

    @Test("pushes pass the spool only while nothing waits in it")
    func gate() {
        var gate = SpoolGate(waiting: 0)
        #expect(gate.isEmpty)
        gate.spooling()
        gate.spooling()
        gate.relayed()
        #expect(!gate.isEmpty)
        gate.abandoned()
        #expect(gate.isEmpty)
        gate.relayed()
        #expect(gate == SpoolGate(waiting: 0))
    }

    @Test("a body above the limit is 413, whether announced or not")
    func limit() async throws {
        var gateway = Gateway()
        gateway.limit = 100_000
        var hook = Hook()
        hook.members["message"] = .string(String(repeating: "x", count: 200_000))
        let answer = try await gateway.post(hook)
        #expect(answer.status == .payloadTooLarge)
        #expect(answer.body["code"] == "body_too_large")
        #expect(answer.headers[one: "Connection"] == "close")
        hook.members["message"] = .string(String(repeating: "x", count: 90_000))
        #expect(try await gateway.post(hook).status == .accepted)
    }

    @Test("a connection takes one hook after another, and ends where the sender says so")
    func keepAlive() async throws {
        let gateway = Gateway()
        let connection = try await gateway.connect()
        try await connection.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1))
        var hook = Hook()
        for number in 0..<3 {
            hook.headers[one: GitLab.Header.idempotencyKey] = "\(number)"
            let answer = try await connection.send(.POST, "/hooks/gitlab?x=1", hook.headers, try hook.body)
            #expect(answer.status == .accepted)
            #expect(answer.headers[one: "Connection"] == nil)
        }
        #expect(gateway.broker.taken.count == 3)
        #expect(try await connection.isOpen)
        hook.headers[one: "Connection"] = "close"
        let last = try await connection.send(.POST, "/hooks/gitlab", hook.headers, try hook.body)
        #expect(last.headers[one: "Connection"] == "close")
        #expect(try await !connection.isOpen)
    }

    @Test(
        "what is no hook is refused with what to do instead, whatever body it has",
        arguments: [
            (HTTPMethod.POST, "/hooks/nowhere", 404, "not_found"), (.GET, "/", 404, "not_found"),
            (.GET, "/hooks/gitlab", 405, "method_not_allowed"), (.PUT, "/hooks/gitlab", 405, "method_not_allowed"),
        ])
    func noHook(_ method: HTTPMethod, _ path: String, _ status: Int, _ code: String) async throws {
        let connection = try await Gateway().connect()
        let answer = try await connection.send(method, path, [:], [UInt8](repeating: 0, count: 100_000))
        #expect(Int(answer.status.code) == status)
        #expect(answer.headers[one: "Allow"] == (status == 405 ? "POST" : nil))
        #expect(answer.body["code"] == .string(code))
        #expect(answer.body["remedy"]?.string?.contains("post") == true)
    }

    @Test("a body that is announced too large is not waited for; room for many at a time is bounded and given back")
    func announced() async throws {
        var gateway = Gateway()
        gateway.limit = 100_000
        let connection = try await gateway.connect()
        let body = [UInt8](repeating: 32, count: 200_000)
        let answer = try await connection.send(.POST, "/hooks/gitlab", Hook().headers, body, announced: true)
        #expect(answer.status == .payloadTooLarge)

        let limit = BodyLimit(bytes: 100_000, budget: 250_000)
        // What is only announced has no room yet.
        for _ in 0..<9 { try limit.admit(100_000) }
        #expect(limit.taken == 0)
        var taken = try [limit.grow(0, to: 70_000), limit.grow(0, to: 100_000)]
        taken[0] = try limit.grow(taken[0], to: 100_000)
        #expect(limit.taken == 200_000)
        #expect(throws: HookRefusal.self) { try limit.admit(100_000) }
        #expect(throws: HookRefusal.self) { try limit.grow(0, to: 66_000) }
        try limit.admit(1_000)
        #expect(try limit.grow(0, to: 1_000) == 0)
        for one in taken { limit.release(one) }
        #expect(limit.taken == 0)
        #expect(throws: HookRefusal.self) { try limit.grow(0, to: 100_001) }
    }

    @Test("one client leaves room for the largest hook of another")
    func share() throws {
        let limit = BodyLimit(bytes: 100_000, budget: 250_000)
        let (one, other) = (IPAddress("192.0.2.1"), IPAddress("192.0.2.2"))
        let first = try limit.grow(0, to: 80_000, of: one)
        let second = try limit.grow(0, to: 70_000, of: one)
        #expect(throws: HookRefusal.self) { try limit.grow(0, to: 70_000, of: one) }
        let others = try limit.grow(0, to: 100_000, of: other)
        limit.release(first, of: one)
        #expect(try limit.grow(0, to: 70_000, of: one) == 70_000)
        limit.release(70_000, of: one)
        limit.release(second, of: one)
        limit.release(others, of: other)
        #expect(limit.taken == 0)
    }

    @Test("the log names the client that a trusted proxy names, and nobody else's word")
    func clients() async throws {
        for (proxies, expected) in [("127.0.0.0/8", "198.51.100.7"), ("", "127.0.0.1")] {
            var gateway = Gateway()
            gateway.proxies = try TrustedProxies(proxies)
            let connection = try await gateway.connect(from: "127.0.0.1")
            var headers = Hook().headers
            headers[one: "X-Gitlab-Token"] = "wrong"
            headers[one: "X-Forwarded-For"] = "192.0.2.66, 198.51.100.7"
            #expect(
                try await connection.send(.POST, "/hooks/gitlab", headers, try Hook().body).status == .unauthorized)
            let refused = try #require(gateway.lines.all.first { $0.message == "hook refused" })
            #expect(refused["client"] == expected)
        }
    }
}
