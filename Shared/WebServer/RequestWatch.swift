import NIOCore
import NIOHTTP1

/// Keeps a connection's place and ends it where its client is too slow: who sends a byte now and then keeps nothing open.
/// It is behind the decoder: bytes that made no part of a request are a head that has begun.
final class RequestWatch: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let patience: RequestPatience
    private let places: ConnectionPlaces
    private let proxies: TrustedProxies
    private let bytes = RequestBytes()
    private var clock = RequestClock()
    private var place: ConnectionPlaces.Place?
    private var timer: Scheduled<Void>?
    /// Ends a connection whose client reads nothing of its answer.
    private var stall: Scheduled<Void>?
    /// The last piece made parts of a request.
    private var hasTakenPart = false

    /// - Parameter proxies: those that connections of many clients come from.
    init(patience: RequestPatience, places: ConnectionPlaces, proxies: TrustedProxies) {
        self.patience = patience
        self.places = places
        self.proxies = proxies
    }

    func channelActive(context: ChannelHandlerContext) {
        let pipeline = context.pipeline
        let peer = context.remoteAddress?.ipAddress.flatMap { IPAddress($0) }
        let source = peer.flatMap { proxies.contains($0) ? nil : $0 }
        place = places.enter(from: source) { pipeline.fireUserInboundEventTriggered(Eviction()) }
        guard place != nil else { return context.close(promise: nil) }
        expect(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        stall?.cancel()
        if let place { places.leave(place) }
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        hasTakenPart = true
        let part = unwrapInboundIn(data)
        bytes.took(part)
        switch part {
        case .head: change(context) { $0.headCame() }
        case .body: break
        case .end: change(context) { $0.requestEnded() }
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { change(context) { $0.answered() } }
        context.write(data, promise: promise)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stall?.cancel()
        stall = context.channel.isWritable ? nil : close(context, in: patience.stalled)
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is RequestBytes.Piece:
            if !hasTakenPart { change(context) { $0.begin() } }
            hasTakenPart = false
        case is Eviction: if clock.owed != .nothing { context.close(promise: nil) }
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func change(_ context: ChannelHandlerContext, _ body: (inout RequestClock) -> Void) {
        let before = clock.owed
        body(&clock)
        if clock.owed != before { expect(context) }
    }

    private func expect(_ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        guard let time = patience.time(for: clock.owed) else {
            place?.works()
            return
        }
        if let place { places.waits(place) }
        timer = close(context, in: time)
    }

    private func close(_ context: ChannelHandlerContext, in time: Duration) -> Scheduled<Void> {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        return context.eventLoop.scheduleTask(in: TimeAmount(time)) { bound.value.close(promise: nil) }
    }

    /// Asks a connection to end for another's sake.
    private struct Eviction {}
}

extension RequestWatch {
    /// Adds it to a pipeline that decodes HTTP/1.1 already.
    func install(in pipeline: ChannelPipeline.SynchronousOperations) throws {
        let decoder = try pipeline.context(handlerType: ByteToMessageHandler<HTTPRequestDecoder>.self).handler
        try pipeline.addHandler(bytes, position: .before(decoder))
        try pipeline.addHandler(self, position: .after(decoder))
    }
}
