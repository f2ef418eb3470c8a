import NIOCore
import NIOHTTP1
import WebServer

/// One connection: takes a hook in, has it done, and writes the answer; then the next.
final class HookConnection: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    /// A request that is coming in.
    private final class Incoming {
        let route: HookRoute
        var hook: IncomingHook
        /// What ``BodyLimit/grow(_:to:)`` gave so far.
        var taken = 0

        init(_ head: HTTPRequestHead, on route: HookRoute, from client: Client) {
            self.route = route
            hook = IncomingHook(headers: head.headers, body: [], client: client)
        }
    }

    private enum State {
        case idle
        case reading(Incoming)
        /// The broker or the spool has it.
        case waiting
        /// It was answered before its end: what still comes is read for the sender's sake, who may see the answer only
        /// once all is sent, and dropped.
        case dropping(bytes: Int)
    }

    /// As large as a hook usually is. Who announces more gets no memory by that.
    private static let usual = 16 << 10
    /// More than this is not read of a body that nobody wants.
    private static let dropLimit = 64 << 20

    private let routes: HookRoutes
    private var state = State.idle
    /// The connection ends with the answer to the request that is being done.
    private var isLast = false
    /// The sender has closed its side: what is whole is still done and answered, and nothing more is waited for.
    private var isInputClosed = false
    /// What a sender sent behind a request without waiting for its answer. Nothing more is read until it has it.
    private var early: [HTTPServerRequestPart] = []
    private var isReadHeld = false

    /// How long a request may be waited for, and how long its body may take: who sends a byte now and then keeps no place.
    static let patience = TimeAmount.seconds(60)
    /// How long the rest of a head may take.
    static let headPatience = TimeAmount.seconds(10)

    /// The other end, and who it is or speaks for in the request that is coming in.
    private var peer: IPAddress?
    private var client = Client(address: nil)

    private let places: ConnectionPlaces
    private var place: ConnectionPlaces.Place?
    /// When what is waited for has to be there; `nil` while a request is being done.
    private var deadline: NIODeadline?
    private var watch: Scheduled<Void>?
    /// Comes before the decoder.
    let bytes = RequestBytes()
    /// A head has begun and has not ended.
    private var isHeadPartial = false
    /// The last piece ended a head, or was more of a body.
    private var hasTakenPart = false

    init(routes: HookRoutes, places: ConnectionPlaces) {
        self.routes = routes
        self.places = places
    }

    func channelActive(context: ChannelHandlerContext) {
        peer = context.remoteAddress?.ipAddress.flatMap { IPAddress($0) }
        client = Client(address: peer)
        let pipeline = context.pipeline
        place = places.enter(from: routes.source(of: peer)) { pipeline.fireUserInboundEventTriggered(Eviction()) }
        guard place != nil else { return context.close(promise: nil) }
        expect(context)
        watch(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        hasTakenPart = true
        let part = unwrapInboundIn(data)
        bytes.took(part)
        if case .head = part { isHeadPartial = false }
        take(part, context)
    }

    func read(context: ChannelHandlerContext) {
        if early.isEmpty { context.read() } else { isReadHeld = true }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .reading(let incoming) = state { release(incoming) }
        state = .dropping(bytes: 0)
        early = []
        watch?.cancel()
        if let place { places.leave(place) }
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is RequestBytes.Piece:
            if !hasTakenPart { beginHead(context) }
            hasTakenPart = false
        case is ChannelShouldQuiesceEvent:
            if case .idle = state { context.close(promise: nil) } else { isLast = true }
        case ChannelEvent.inputClosed:
            isInputClosed = true
            closeIfUnused(context)
        case is Eviction:
            if case .waiting = state { return }
            context.close(promise: nil)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case .waiting = state {
            isLast = true
            return
        }
        if context.channel.isActive, error is HTTPParserError {
            switch state {
            case .idle:
                refuse(.malformedRequest(error), nil, context)
            case .reading(let incoming):
                release(incoming)
                refuse(.malformedRequest(error), incoming.route, context)
            case .waiting, .dropping:
                break
            }
        }
        context.close(promise: nil)
    }

    /// A sender that is gone leaves a descriptor behind until this side is closed as well.
    private func closeIfUnused(_ context: ChannelHandlerContext) {
        if case .waiting = state { return }
        if isInputClosed { context.close(promise: nil) }
    }

    /// Asks a connection to end for another's sake.
    private struct Eviction {}

    // MARK: - How long it may take

    private func expect(_ context: ChannelHandlerContext) {
        deadline = context.eventLoop.now + Self.patience
        if let place { places.waits(place) }
        if isHeadPartial { hurry(context) }
    }

    /// What came ends no head: the rest of it has to come soon, once the request before it is done. Nobody counts that as
    /// a sign of life.
    private func beginHead(_ context: ChannelHandlerContext) {
        guard !isHeadPartial else { return }
        switch state {
        case .idle:
            isHeadPartial = true
            hurry(context)
        case .waiting: isHeadPartial = true
        case .reading, .dropping: break
        }
    }

    private func hurry(_ context: ChannelHandlerContext) {
        deadline = context.eventLoop.now + Self.headPatience
        watch?.cancel()
        watch(context)
    }

    /// Looks again when the deadline is over that holds now; most of them have moved by then.
    private func watch(_ context: ChannelHandlerContext) {
        let now = context.eventLoop.now
        if let deadline, deadline <= now { return late(context) }
        let connection = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        watch = context.eventLoop.scheduleTask(deadline: deadline ?? now + Self.patience) {
            let (handler, context) = connection.value
            handler.watch(context)
        }
    }

    private func late(_ context: ChannelHandlerContext) {
        if case .reading(let incoming) = state {
            release(incoming)
            refuse(.late, incoming.route, context)
        }
        context.close(promise: nil)
    }

    // MARK: - A request

    private func take(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        if case .waiting = state {
            if !isLast { early.append(part) }
            return
        }
        switch part {
        case .head(let head): begin(head, context)
        case .body(let piece): read(piece, context)
        case .end: end(context)
        }
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard case .idle = state else { return }
        var route: HookRoute?
        client = routes.client(peer, head.headers)
        do throws(HookRefusal) {
            let found = try routes.route(head)
            route = found
            let isAsked = try Self.expectsContinue(head)
            let announced = head.headers.first(name: "Content-Length").flatMap { Int($0) }
            try routes.bodies.admit(announced)
            let incoming = Incoming(head, on: found, from: client)
            if let announced { incoming.hook.body.reserveCapacity(min(announced, Self.usual)) }
            if !head.isKeepAlive { isLast = true }
            state = .reading(incoming)
            expect(context)
            if isAsked {
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(staticString: Self.continuation)), promise: nil)
            }
        } catch {
            refuse(error, route, context)
        }
    }

    private static let continuation: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"

    /// Whether the sender keeps the body back until it is asked for it.
    private static func expectsContinue(_ head: HTTPRequestHead) throws(HookRefusal) -> Bool {
        guard let field = head.headers.first(name: "Expect"), head.version != .http1_0 else { return false }
        // What is white before a line's end is none of a field's value.
        var expected = field[...]
        while let last = expected.last, last == " " || last == "\t" { expected.removeLast() }
        guard expected.lowercased() == "100-continue" else {
            throw HookRefusal(
                .expectationFailed, "unknown_expectation", "“\(expected.prefix(100))” is nothing that can be expected",
                remedy: "send the hook without Expect, or with 100-continue")
        }
        return true
    }

    private func read(_ piece: ByteBuffer, _ context: ChannelHandlerContext) {
        switch state {
        case .reading(let incoming):
            do throws(HookRefusal) {
                incoming.taken = try routes.bodies.grow(
                    incoming.taken, to: incoming.hook.body.count + piece.readableBytes,
                    of: incoming.hook.client.address)
                incoming.hook.body.append(contentsOf: piece.readableBytesView)
            } catch {
                release(incoming)
                refuse(error, incoming.route, context)
            }
        case .dropping(let bytes):
            state = .dropping(bytes: bytes + piece.readableBytes)
            if bytes > Self.dropLimit { context.close(promise: nil) }
        case .idle, .waiting:
            break
        }
    }

    private func release(_ incoming: Incoming) {
        routes.bodies.release(incoming.taken, of: incoming.hook.client.address)
    }

    private func end(_ context: ChannelHandlerContext) {
        switch state {
        case .reading(let incoming):
            state = .waiting
            deadline = nil
            place?.works()
            let connection = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            let loop = context.eventLoop
            let bodies = routes.bodies
            let (taken, client) = (incoming.taken, incoming.hook.client.address)
            routes.take(incoming.hook, on: incoming.route) { answer in
                bodies.release(taken, of: client)
                if loop.inEventLoop {
                    let (handler, context) = connection.value
                    handler.answer(answer, context)
                } else {
                    loop.execute {
                        let (handler, context) = connection.value
                        handler.answer(answer, context)
                    }
                }
            }
        case .dropping:
            context.close(promise: nil)
        case .idle, .waiting:
            break
        }
    }

    // MARK: - Its answer

    private func answer(_ answer: HookAnswer, _ context: ChannelHandlerContext) {
        guard case .waiting = state else { return }
        state = .idle
        expect(context)
        write(answer, closing: isLast, context)
        if isLast {
            context.close(promise: nil)
            return
        }
        if !early.isEmpty {
            let parts = early
            early = []
            for part in parts { take(part, context) }
            if isReadHeld, early.isEmpty {
                isReadHeld = false
                context.read()
            }
        }
        closeIfUnused(context)
    }

    /// The rest of a request that is refused would have to be read before the connection is of use again.
    private func refuse(_ refusal: HookRefusal, _ route: HookRoute?, _ context: ChannelHandlerContext) {
        state = .dropping(bytes: 0)
        write(routes.refused(refusal, on: route, from: client), closing: true, context)
    }

    private func write(_ answer: HookAnswer, closing: Bool, _ context: ChannelHandlerContext) {
        var response = context.channel.allocator.buffer(capacity: 256 + answer.body.count)
        answer.write(to: &response, closing: closing)
        context.writeAndFlush(wrapOutboundOut(response), promise: nil)
    }
}
