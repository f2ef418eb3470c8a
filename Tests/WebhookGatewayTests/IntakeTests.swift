import Contracts
import FoundationEssentials
import HTTPTypes
import Logging
import Messaging
import Storage
import Testing

@testable import WebhookGateway

@Suite("Durable before it is answered")
struct IntakeTests {
    @Test("the broker is away and there is no spool: 503 and when to come again")
    func noSpool() async throws {
        let gateway = Gateway()
        gateway.broker.isAway = true
        let answer = try await gateway.post(Hook())
        #expect(answer.status == .serviceUnavailable)
        #expect(answer.headers[.retryAfter] == "30")
        #expect(answer.body["code"] == "unavailable")
    }

    @Test("the broker is away: the spool keeps pushes in order until it is back, over a restart too")
    func spool() async throws {
        let folder = "/tmp/slipway-spool-\(UInt64.random(in: 0 ... .max))"
        defer { do { try FileManager.default.removeItem(atPath: folder) } catch { Issue.record(error) } }
        var gateway = Gateway()
        let broker = gateway.broker
        gateway.spool = try await Spool.open(in: folder, publish: broker.publish, logger: Logger(label: "test"))
        broker.isAway = true
        var ids: [JSONValue?] = []
        for number in 0..<3 {
            var hook = Hook()
            hook.headers[.idempotencyKey] = "\(number)"
            let answer = try await gateway.post(hook)
            #expect(answer.status == .accepted)
            ids.append(answer.body["id"])
        }
        broker.isAway = false
        // What comes now queues up behind what waits.
        var later = Hook()
        later.headers[.idempotencyKey] = "later"
        ids.append(try await gateway.post(later).body["id"])
        #expect(broker.taken.isEmpty)

        let restarted = try await Spool.open(in: folder, publish: broker.publish, logger: Logger(label: "test"))
        #expect(!restarted.isEmpty)
        let relay = Task { try await restarted.relay.run() }
        let deadline = ContinuousClock.now + .seconds(10)
        while broker.taken.count < 4, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(10)) }
        relay.cancel()
        #expect(broker.taken.map { JSONValue.string($0.id.rawValue) } == ids)
        #expect(restarted.isEmpty)
        gateway.spool = restarted
        #expect(try await gateway.post(Hook()).status == .accepted)
        #expect(broker.taken.count == 5)
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
        #expect(answer.status == .contentTooLarge)
        #expect(answer.body["code"] == "body_too_large")
        #expect(answer.headers[.connection] == "close")
        hook.members["message"] = .string(String(repeating: "x", count: 90_000))
        #expect(try await gateway.post(hook).status == .accepted)
    }
}
