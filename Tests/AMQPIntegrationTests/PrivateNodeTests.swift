import AMQP
import Synchronization
import TestSupport
import Testing

/// What is done to a broker that others could not work on meanwhile.
@Suite(.serialized, .timeLimit(.minutes(3)), .privateNode)
struct PrivateNodeTests {
    private let work = Topology(queues: [.quorum("work")])

    private func node() throws -> PrivateBroker { try #require(PrivateNode.current) }

    private func message(_ body: [UInt8]) -> OutgoingMessage {
        OutgoingMessage(exchange: "", routingKey: "work", body: body)
    }

    @Test func nodeKilledInTheMiddleOfTenThousandPublishesLosesNothing() async throws {
        let node = try node()
        try await VirtualHost.with(broker: node.url, management: node.management) { host in
            try await Broker.with(host.url, topology: work, configure: { $0.heartbeat = .seconds(2) }) { broker in
                try await broker.publish(message(Array("0".utf8)))
                // A quorum queue that the node has not written down yet when it is killed comes back empty and confirms
                // nothing.
                try await eventually("the queue is written down") { try node.remembers("\(host.name)_work") }
                let count = 10_000
                let confirmed = Counter()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<count {
                        group.addTask {
                            let body = Array("\(index)".utf8) + [UInt8](repeating: 32, count: 1000)
                            try await broker.publish(message(body), timeout: .seconds(120))
                            confirmed.increment()
                        }
                    }
                    group.addTask {
                        try await eventually(within: .seconds(20), every: .milliseconds(1), "a third is confirmed") {
                            confirmed.count > count / 3
                        }
                        try await node.kill()
                        #expect(confirmed.count < count)
                        try await eventually(within: .seconds(3), "the loss is noticed") {
                            if case .connecting = await broker.status { true } else { false }
                        }
                        try await node.start()
                        try await eventually(within: .seconds(15), "all are confirmed once the node is back") {
                            confirmed.count == count
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(confirmed.count == count)
                var seen: Set<Int> = []
                for try await delivery in broker.deliveries(of: "work", prefetch: 500) {
                    let text = String(decoding: delivery.message.body.prefix { $0 != 32 }, as: UTF8.self)
                    seen.insert(try #require(Int(text)))
                    try await delivery.ack()
                    if seen.count == count { break }
                }
                #expect(seen.count == count)
            }
        }
    }

    @Test func memoryAlarmIsToldAndPasses() async throws {
        let node = try node()
        try await VirtualHost.with(broker: node.url, management: node.management) { host in
            try await Broker.with(host.url, topology: work, configure: { $0.heartbeat = .seconds(2) }) { broker in
                try await broker.publish(message([1]))
                var deliveries = broker.deliveries(of: "work", prefetch: 1).makeAsyncIterator()
                try await node.control("set_vm_memory_high_watermark", "absolute", "1")
                // More than the socket takes, and all of it must give up in time.
                let large = [UInt8](repeating: 0, count: 100_000)
                let codes = await withTaskGroup(of: AMQPError.Code?.self) { group in
                    for _ in 0..<100 {
                        group.addTask {
                            do throws(AMQPError) {
                                try await broker.publish(message(large), timeout: .seconds(4))
                                return nil
                            } catch {
                                return error.code
                            }
                        }
                    }
                    return await group.reduce(into: [AMQPError.Code?]()) { $0.append($1) }
                }
                #expect(codes.allSatisfy { $0 == .blocked })
                guard case .blocked(let reason) = await broker.status else {
                    Issue.record("the status is \(await broker.status)")
                    return
                }
                #expect(reason.contains("memory"))
                // Consuming goes on.
                let delivery = try #require(try await deliveries.next())
                #expect(delivery.message.body == [1])
                try await delivery.ack()
                try await node.control("set_vm_memory_high_watermark", "0.4")
                try await broker.publish(message([2]), timeout: .seconds(10))
                try await eventually(within: .seconds(2)) {
                    if case .connected = await broker.status { true } else { false }
                }
            }
        }
    }

    @Test func secureConnectionShowsAndDemandsCertificates() async throws {
        let node = try node()
        let files = PrivateNode.certificates(node)
        func url(_ parameters: String, host: String = "localhost") -> String {
            "amqps://guest:guest@\(host):\(node.port + 1)/?\(parameters)"
        }
        let full = "cacertfile=\(files)/ca.pem&certfile=\(files)/client.pem&keyfile=\(files)/client.key"
        try await Broker.with(url(full), topology: work) { broker in
            try await broker.publish(message([UInt8](repeating: 1, count: 300_000)))
            var deliveries = broker.deliveries(of: "work", prefetch: 1).makeAsyncIterator()
            let delivery = try #require(try await deliveries.next())
            #expect(delivery.message.body.count == 300_000)
            try await delivery.ack()
        }
        // Another name than the certificate's, another authority than its signer's, no certificate of one's own.
        let refused: [(String, String, [AMQPError.Code])] = [
            (full, "127.0.0.1", [.tls]),
            (
                "cacertfile=\(files)/other.pem&certfile=\(files)/client.pem&keyfile=\(files)/client.key", "localhost",
                [.tls]
            ),
            ("cacertfile=\(files)/ca.pem", "localhost", [.tls, .unreachable]),
        ]
        for (parameters, host, codes) in refused {
            try await Broker.with(url(parameters, host: host)) { broker in
                let error = await #expect(throws: AMQPError.self) {
                    try await broker.publish(message([1]), timeout: .seconds(1))
                }
                let code = try #require(error?.code)
                #expect(codes.contains(code), "\(parameters) \(host): \(String(describing: error))")
            }
        }
        // What is in the files counts at each connection: an authority, or a client's certificate, that is renewed needs no
        // restart, nor does one that could not be read for a moment.
        let current = "\(files)/current.pem"
        let renewed = "cacertfile=\(current)&certfile=\(files)/client.pem&keyfile=\(files)/client.key"
        try await runTool("cp", ["\(files)/other.pem", current])
        try await Broker.with(url(renewed), topology: work) { broker in
            await #expect(throws: AMQPError.self) { try await broker.publish(message([1]), timeout: .seconds(1)) }
            try await runTool("cp", ["\(files)/ca.pem", current])
            try await broker.publish(message([2]), timeout: .seconds(20))
        }
        let (never, continuation) = AsyncStream.makeStream(of: Never.self)
        let missing = await #expect(throws: AMQPError.self) {
            // Until the broker's end cancels it.
            try await Broker.with(url("cacertfile=/does/not/exist")) { _ in for await _ in never {} }
        }
        continuation.finish()
        #expect(missing?.code == .invalidConfiguration)
        #expect(missing?.message.contains("/does/not/exist") == true)
    }
}

final class Counter: Sendable {
    private let value = Atomic<Int>(0)

    var count: Int { value.load(ordering: .relaxed) }

    func increment() {
        value.add(1, ordering: .relaxed)
    }
}
