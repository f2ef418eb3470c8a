import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import WebServer

/// What a connection of the gateway consists of. Hooks are answered on the event loop itself: handing each to a task and
/// back costs more than all that is done with it.
struct HookChannel: ServerChildChannel {
    struct Value: ServerChildChannelValue {
        let channel: any Channel
    }

    let routes: HookRoutes
    var certificate: ServerCertificate?
    let places: ConnectionPlaces

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try certificate?.secure(pipeline)
            let connection = HookConnection(routes: routes, places: places)
            try pipeline.addHandler(connection.bytes)
            try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
            try pipeline.addHandler(connection)
            return Value(channel: channel)
        }
    }

    func handle(value: Value, logger: Logger) async {
        do {
            try await value.channel.closeFuture.get()
        } catch {
            logger.debug("connection ended", metadata: ["error": "\(error)"])
        }
    }
}
