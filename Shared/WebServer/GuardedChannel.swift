import HummingbirdCore
import Logging
import NIOCore

/// An HTTP/1.1 connection behind what keeps strangers from taking it up: TLS where there is a certificate, a place among
/// the others, and times for what its client owes.
struct GuardedChannel: ServerChildChannel {
    let http: HTTP1Channel
    let certificate: ServerCertificate?
    let patience: RequestPatience
    let places: ConnectionPlaces
    let proxies: TrustedProxies

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        channel.eventLoop.makeCompletedFuture {
            try certificate?.secure(channel.pipeline.syncOperations)
        }.flatMap {
            http.setup(channel: channel, logger: logger)
        }.flatMapThrowing { value in
            try RequestWatch(patience: patience, places: places, proxies: proxies)
                .install(in: channel.pipeline.syncOperations)
            return value
        }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await http.handle(value: value, logger: logger)
    }
}
