import HummingbirdCore
import Logging
import Measures
import NIOCore
import NIOPosix
import Runtime
import ServiceLifecycle
import WebServer

/// The public HTTP server.
struct GatewayServer: Service {
    /// Half the cores: the broker's thread, and often the broker, work on what these take in. They are as old as the
    /// process, like NIO's own.
    private static let loops = MultiThreadedEventLoopGroup(numberOfThreads: max(1, System.coreCount / 2))

    let address: ListenAddress
    let certificate: ServerCertificate?
    let routes: HookRoutes
    let logger: Logger

    func run() async throws {
        var quiet = logger
        quiet.logLevel = max(.warning, logger.logLevel)
        let server = Server(
            childChannelSetup: HookChannel(
                routes: routes, certificate: certificate,
                places: ConnectionPlaces(metric: .hookConnectionsCrowdedOut, logger: logger)),
            configuration: ServerConfiguration(address: .hostname(address.host, port: address.port)),
            eventLoopGroup: Self.loops, logger: quiet)
        do {
            logger.info("taking hooks", metadata: ["address": "\(address)"])
            try await server.run()
        } catch {
            throw SettingsError(cannotListenOn: "\(address)", GatewaySettings.listen, error)
        }
    }
}
