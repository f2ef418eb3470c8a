import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// One connection: takes a hook in, has it done, and writes the answer.
final class HookConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundOut = HTTPResponsePart

    /// A request that is coming in.
    private struct Incoming {
        var route: HookRoute
        var headers: HTTPFields
        var body: [UInt8] = []
        /// What ``BodyLimit/admit(_:)`` let in.
        var admitted: Int
        var isLast: Bool
    }

    private enum State {
        case idle
        case reading(Incoming)
        /// The broker or the spool has it.
        case waiting(isLast: Bool)
        /// It was answered before its end: what still comes is read for the sender's sake, who may see the answer only
        /// once all is sent, and dropped.
        case dropping(bytes: Int)
    }

    /// More than this is not read of a body that nobody wants.
    private static let dropLimit = 64 << 20

    private let routes: HookRoutes
    private var state = State.idle

    init(routes: HookRoutes) {
        self.routes = routes
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head, context)
        case .body(let piece): read(piece, context)
        case .end: end(context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .reading(let incoming) = state { routes.bodies.release(incoming.admitted) }
        state = .dropping(bytes: 0)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    // MARK: - A request

    private func begin(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        guard case .idle = state else { return }
        var route: HookRoute?
        do throws(HookRefusal) {
            let found = try routes.route(head)
            route = found
            let announced = head.headerFields[.contentLength].flatMap { Int($0) }
            let admitted = try routes.bodies.admit(announced)
            var incoming = Incoming(
                route: found, headers: head.headerFields, admitted: admitted,
                isLast: head.headerFields[.connection]?.lowercased() == "close")
            if let announced { incoming.body.reserveCapacity(min(announced, 64 * 1024)) }
            state = .reading(incoming)
        } catch {
            refuse(error, route, context)
        }
    }

    private func read(_ piece: ByteBuffer, _ context: ChannelHandlerContext) {
        switch state {
        case .reading(var incoming):
            state = .idle
            do throws(HookRefusal) {
                try routes.bodies.check(incoming.body.count + piece.readableBytes)
                incoming.body.append(contentsOf: piece.readableBytesView)
                state = .reading(incoming)
            } catch {
                routes.bodies.release(incoming.admitted)
                refuse(error, incoming.route, context)
            }
        case .dropping(let bytes):
            state = .dropping(bytes: bytes + piece.readableBytes)
            if bytes > Self.dropLimit { context.close(promise: nil) }
        case .idle, .waiting:
            break
        }
    }

    private func end(_ context: ChannelHandlerContext) {
        switch state {
        case .reading(let incoming):
            state = .waiting(isLast: incoming.isLast)
            let hook = IncomingHook(headers: incoming.headers, body: incoming.body)
            let connection = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            let loop = context.eventLoop
            let bodies = routes.bodies
            let admitted = incoming.admitted
            routes.take(hook, on: incoming.route) { answer in
                bodies.release(admitted)
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
        guard case .waiting(let isLast) = state else { return }
        state = .idle
        write(answer, closing: isLast, context)
        if isLast { context.close(promise: nil) }
    }

    /// The rest of a request that is refused would have to be read before the connection is of use again.
    private func refuse(_ refusal: HookRefusal, _ route: HookRoute?, _ context: ChannelHandlerContext) {
        state = .dropping(bytes: 0)
        write(routes.refused(refusal, on: route), closing: true, context)
    }

    private func write(_ answer: HookAnswer, closing: Bool, _ context: ChannelHandlerContext) {
        var headers: HTTPFields = [
            .contentType: "application/json", .contentLength: "\(answer.body.count)",
        ]
        if closing { headers[.connection] = "close" }
        if let seconds = answer.retryAfter { headers[.retryAfter] = "\(seconds)" }
        if let allow = answer.allow { headers[.allow] = allow }
        context.write(wrapOutboundOut(.head(HTTPResponse(status: answer.status, headerFields: headers))), promise: nil)
        context.write(wrapOutboundOut(.body(context.channel.allocator.buffer(bytes: answer.body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}
