import AMQP
import Contracts
import FoundationEssentials
import Logging
import Messaging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing
import WebServer

@testable import WebhookGateway

@Suite("A connection, from its first byte to its last")
struct HookConnectionTests {
    private func connect(
        _ routes: HookRoutes, _ places: ConnectionPlaces = ConnectionPlaces()
    ) async throws -> NIOAsyncTestingChannel {
        let channel = try await NIOAsyncTestingChannel { channel in
            _ = HookChannel(routes: routes, places: places).setup(channel: channel, logger: Logger(label: "test"))
        }
        try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1))
        return channel
    }

    private func request(_ hook: Hook) throws -> [UInt8] {
        let body = try hook.body
        var head = "POST /hooks/gitlab HTTP/1.1\r\nHost: gateway\r\nContent-Length: \(body.count)\r\n"
        for (name, value) in hook.headers { head += "\(name): \(value)\r\n" }
        return Array("\(head)\r\n".utf8) + body
    }

    /// What was written so far.
    private func written(_ channel: NIOAsyncTestingChannel) async throws -> String {
        var text = ""
        while let buffer = try await channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: buffer) }
        return text
    }

    @Test("hooks that are sent without waiting for answers are taken one after another, whole and in their order")
    func pipelining() async throws {
        let gateway = Gateway()
        gateway.broker.isHolding = true
        let channel = try await connect(gateway.routes)
        var bytes: [UInt8] = []
        for number in 0..<3 {
            var hook = Hook()
            hook.headers[one: GitLab.Header.idempotencyKey] = "\(number)"
            bytes += try request(hook)
        }
        // In two pieces, the second of which begins in the middle of a hook.
        try await channel.writeInbound(ByteBuffer(bytes: bytes.prefix(bytes.count / 2)))
        try await channel.writeInbound(ByteBuffer(bytes: bytes.dropFirst(bytes.count / 2)))
        for taken in 1...3 {
            #expect(gateway.broker.taken.count == taken)
            #expect(try await written(channel).isEmpty)
            gateway.broker.confirm()
            await channel.testingEventLoop.run()
            let answer = try await written(channel)
            #expect(answer.hasPrefix("HTTP/1.1 202 Accepted\r\n"))
            #expect(answer.contains(gateway.broker.taken[taken - 1].id.rawValue))
        }
        #expect(channel.isActive)
    }

    @Test("a connection that is asked to end ends with the answer that is due, an idle one at once")
    func quiescing() async throws {
        let gateway = Gateway()
        gateway.broker.isHolding = true
        let busy = try await connect(gateway.routes)
        try await busy.writeInbound(ByteBuffer(bytes: request(Hook())))
        let idle = try await connect(gateway.routes)
        for channel in [busy, idle] { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
        for channel in [busy, idle] { await channel.testingEventLoop.run() }
        #expect(!idle.isActive)
        #expect(busy.isActive)
        gateway.broker.confirm()
        await busy.testingEventLoop.run()
        #expect(try await written(busy).contains("Connection: close\r\n"))
        #expect(!busy.isActive)
    }

    @Test(
        "what is no HTTP is answered with what to do instead",
        arguments: ["\u{16}\u{03}\u{01} a TLS greeting", "POST /hooks/gitlab HTTP/1.1\r\nContent-Length: many\r\n\r\n"])
    func noHTTP(_ text: String) async throws {
        let channel = try await connect(Gateway().routes)
        try await channel.writeInbound(ByteBuffer(string: text))
        let answer = try await written(channel)
        #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        #expect(answer.contains("malformed_request"))
        #expect(!channel.isActive)
    }

    @Test("a sender that hangs up in the middle leaves nothing behind")
    func hangUp() async throws {
        let routes = Gateway().routes
        let channel = try await connect(routes)
        try await channel.writeInbound(
            ByteBuffer(string: "POST /hooks/gitlab HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n{"))
        try await channel.writeInbound(ByteBuffer(repeating: 32, count: 100_000))
        #expect(routes.bodies.taken == 100_001)
        try await channel.close()
        await channel.testingEventLoop.run()
        #expect(routes.bodies.taken == 0)
        #expect(try await written(channel).isEmpty)
    }

    @Test("a body that comes byte by byte is not waited for any longer than a request that does not come")
    func trickle() async throws {
        let routes = Gateway().routes
        let places = ConnectionPlaces()
        let body = try await connect(routes, places)
        try await body.writeInbound(
            ByteBuffer(string: "POST /hooks/gitlab HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n"))
        let dropping = try await connect(routes, places)
        try await dropping.writeInbound(
            ByteBuffer(string: "POST /elsewhere HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n"))
        for byte in "POST /hooks".utf8 {
            for channel in [body, dropping] {
                #expect(channel.isActive)
                try await channel.writeInbound(ByteBuffer(bytes: [byte]))
                await channel.testingEventLoop.advanceTime(by: .seconds(5))
            }
        }
        for channel in [body, dropping] {
            #expect(channel.isActive)
            await channel.testingEventLoop.advanceTime(by: .seconds(5))
            #expect(!channel.isActive)
        }
        #expect(try await written(body).hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
        #expect(places.count == 0)
    }

    @Test("a head that is sent half ends within seconds, on a new connection and on one in use")
    func halfSentHead() async throws {
        let places = ConnectionPlaces()
        let new = try await connect(Gateway().routes, places)
        let used = try await connect(Gateway().routes, places)
        try await used.writeInbound(ByteBuffer(bytes: request(Hook())))
        #expect(try await written(used).hasPrefix("HTTP/1.1 202 Accepted\r\n"))
        await used.testingEventLoop.advanceTime(by: .seconds(40))
        for byte in "POST /hook".utf8 {
            for channel in [new, used] {
                #expect(channel.isActive)
                try await channel.writeInbound(ByteBuffer(bytes: [byte]))
                await channel.testingEventLoop.advanceTime(by: .seconds(1))
            }
        }
        for channel in [new, used] { #expect(!channel.isActive) }
        #expect(places.count == 0)

        // Right behind a whole hook, before its answer or after.
        for isHolding in [false, true] {
            let gateway = Gateway()
            gateway.broker.isHolding = isHolding
            let behind = try await connect(gateway.routes, places)
            try await behind.writeInbound(ByteBuffer(bytes: request(Hook()) + Array("POST".utf8)))
            if isHolding {
                await behind.testingEventLoop.advanceTime(by: .seconds(40))
                gateway.broker.confirm()
                await behind.testingEventLoop.run()
            }
            #expect(try await written(behind).hasPrefix("HTTP/1.1 202 Accepted\r\n"))
            await behind.testingEventLoop.advanceTime(by: .seconds(9))
            #expect(behind.isActive)
            await behind.testingEventLoop.advanceTime(by: .seconds(1))
            #expect(!behind.isActive)
        }
        #expect(places.count == 0)

        // One that is whole in time is taken, however many pieces it comes in.
        let slow = try await connect(Gateway().routes, places)
        let bytes = try request(Hook())
        for piece in [bytes.prefix(20), bytes.dropFirst(20).prefix(100), bytes.dropFirst(120)] {
            try await slow.writeInbound(ByteBuffer(bytes: piece))
            await slow.testingEventLoop.advanceTime(by: .seconds(4))
        }
        #expect(try await written(slow).hasPrefix("HTTP/1.1 202 Accepted\r\n"))
        await slow.testingEventLoop.advanceTime(by: .seconds(50))
        #expect(slow.isActive)
    }

    @Test("one address that opens many connections takes no other's place")
    func crowd() async throws {
        let places = ConnectionPlaces(limit: 8, sourceLimit: 3)
        let routes = Gateway().routes
        func enter(_ address: String) async throws -> NIOAsyncTestingChannel {
            let channel = try await NIOAsyncTestingChannel { channel in
                _ = HookChannel(routes: routes, places: places).setup(channel: channel, logger: Logger(label: "test"))
            }
            let peer = try SocketAddress(ipAddress: address, port: 4711)
            channel.remoteAddress = peer
            try await channel.connect(to: peer)
            return channel
        }
        let honest = try await enter("198.51.100.7")
        var crowd: [NIOAsyncTestingChannel] = []
        for number in 1...6 { crowd.append(try await enter("2001:db8::\(number)")) }
        for channel in crowd + [honest] { await channel.testingEventLoop.run() }
        #expect(crowd.map(\.isActive) == [false, false, false, true, true, true])
        #expect(honest.isActive)
        #expect(places.count == 4)
    }

    @Test("a connection in use is kept, however long its answer takes; one that is idle afterwards is not")
    func kept() async throws {
        let gateway = Gateway()
        gateway.broker.isHolding = true
        let channel = try await connect(gateway.routes)
        for _ in 0..<3 {
            await channel.testingEventLoop.advanceTime(by: .seconds(50))
            try await channel.writeInbound(ByteBuffer(bytes: request(Hook())))
            await channel.testingEventLoop.advanceTime(by: .seconds(200))
            gateway.broker.confirm()
            await channel.testingEventLoop.run()
            #expect(try await written(channel).hasPrefix("HTTP/1.1 202 Accepted\r\n"))
        }
        await channel.testingEventLoop.advanceTime(by: .seconds(59))
        #expect(channel.isActive)
        await channel.testingEventLoop.advanceTime(by: .seconds(2))
        #expect(!channel.isActive)
    }

    @Test(
        "where all places are taken, the connection makes way whose request has been owed for longest, never a busy one"
    )
    func places() async throws {
        let gateway = Gateway()
        gateway.broker.isHolding = true
        let places = ConnectionPlaces(limit: 3, sourceLimit: 3)
        let busy = try await connect(gateway.routes, places)
        try await busy.writeInbound(ByteBuffer(bytes: request(Hook())))
        let first = try await connect(gateway.routes, places)
        let second = try await connect(gateway.routes, places)
        // It has shown more of its request since.
        try await first.writeInbound(
            ByteBuffer(string: "POST /hooks/gitlab HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"))
        var newest = try await connect(gateway.routes, places)
        for channel in [busy, first, second, newest] { await channel.testingEventLoop.run() }
        #expect([busy, first, second, newest].map(\.isActive) == [true, true, false, true])
        newest = try await connect(gateway.routes, places)
        await first.testingEventLoop.run()
        #expect(!first.isActive)
        #expect(places.count == 3)
        gateway.broker.confirm()
        await busy.testingEventLoop.run()
        #expect(try await written(busy).hasPrefix("HTTP/1.1 202 Accepted\r\n"))
    }

    /// What NIO tells when the peer has closed its side.
    private func closeInput(_ channel: NIOAsyncTestingChannel) async {
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        await channel.testingEventLoop.run()
    }

    @Test("a connection whose client is gone is closed at once, whatever it was in the middle of")
    func closedByClient() async throws {
        let routes = Gateway().routes
        let idle = try await connect(routes)
        let reading = try await connect(routes)
        try await reading.writeInbound(
            ByteBuffer(string: "POST /hooks/gitlab HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n{"))
        let dropping = try await connect(routes)
        try await dropping.writeInbound(
            ByteBuffer(string: "POST /elsewhere HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n{"))
        let head = try await connect(routes)
        try await head.writeInbound(ByteBuffer(string: "POST /hooks/gitlab HTTP/1.1\r\nHos"))
        for channel in [idle, reading, dropping, head] {
            #expect(channel.isActive)
            await closeInput(channel)
            #expect(!channel.isActive)
        }
        #expect(routes.bodies.taken == 0)
    }

    @Test("what a client sent whole before it closed its side is done and answered")
    func answeredAfterClose() async throws {
        let gateway = Gateway()
        gateway.broker.isHolding = true
        let channel = try await connect(gateway.routes)
        var other = Hook()
        other.headers[one: GitLab.Header.idempotencyKey] = "other"
        try await channel.writeInbound(ByteBuffer(bytes: request(Hook()) + request(other)))
        await closeInput(channel)
        for taken in 1...2 {
            #expect(channel.isActive)
            #expect(gateway.broker.taken.count == taken)
            gateway.broker.confirm()
            await channel.testingEventLoop.run()
            #expect(try await written(channel).hasPrefix("HTTP/1.1 202 Accepted\r\n"))
        }
        #expect(!channel.isActive)
    }

    @Test("a sender that asks first is told to go on, or why not before it has sent anything")
    func expectContinue() async throws {
        let gateway = Gateway()
        let channel = try await connect(gateway.routes)
        var asking = Hook()
        asking.headers[one: "Expect"] = "100-Continue"
        let bytes = try request(asking)
        let body = try asking.body.count
        try await channel.writeInbound(ByteBuffer(bytes: bytes.dropLast(body)))
        #expect(try await written(channel) == "HTTP/1.1 100 Continue\r\n\r\n")
        try await channel.writeInbound(ByteBuffer(bytes: bytes.suffix(body)))
        #expect(try await written(channel).hasPrefix("HTTP/1.1 202 Accepted\r\n"))
        #expect(channel.isActive)

        for (target, expected, status) in [
            ("/elsewhere", "100-continue", "404 Not Found"), ("/hooks/gitlab", "miracles", "417 Expectation Failed"),
            ("/hooks/gitlab", "100-continue \t", "100 Continue"), ("/hooks/gitlab", "", "417 Expectation Failed"),
        ] {
            let channel = try await connect(gateway.routes)
            let head = "POST \(target) HTTP/1.1\r\nHost: x\r\nExpect: \(expected)\r\nContent-Length: 900000\r\n\r\n"
            try await channel.writeInbound(ByteBuffer(string: head))
            #expect(try await written(channel).hasPrefix("HTTP/1.1 \(status)\r\n"))
        }
        let large = try await connect(Gateway(limit: 100).routes)
        try await large.writeInbound(ByteBuffer(bytes: bytes.dropLast(body)))
        #expect(try await written(large).hasPrefix("HTTP/1.1 413 Payload Too Large\r\n"))
    }

    @Test("what one turn of an event loop publishes goes out together, by fours; elsewhere at once")
    func batches() async throws {
        let sent = Mutex<[[String]]>([])
        let batches = PublishBatches<String> { batch in sent.withLock { $0.append(batch) } }
        batches.publish("outside")
        #expect(sent.withLock { $0 } == [["outside"]])
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        try await loop.submit { for id in ["a", "b", "c"] { batches.publish(id) } }.get()
        try await loop.submit { for id in ["d", "e", "f", "g"] { batches.publish(id) } }.get()
        try await loop.submit { for id in ["h", "i", "j", "k", "l"] { batches.publish(id) } }.get()
        try await loop.submit {}.get()
        #expect(
            sent.withLock { $0 } == [
                ["outside"], ["a", "b", "c"], ["d", "e", "f", "g"], ["h", "i", "j", "k"], ["l"],
            ])
    }
}
