import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Runtime
import ServiceLifecycle

/// The public HTTP server.
struct GatewayServer: Service {
    let address: ListenAddress
    let routes: HookRoutes
    let logger: Logger

    func run() async throws {
        var quiet = logger
        quiet.logLevel = max(.warning, logger.logLevel)
        let application = Application(
            router: routes.router(),
            // A peer that opens a connection and says nothing does not keep it.
            server: .http1(configuration: .init(idleTimeout: .seconds(60))),
            configuration: .init(address: .hostname(address.host, port: address.port)), logger: quiet)
        do {
            logger.info("taking hooks", metadata: ["address": "\(address)"])
            try await application.run()
        } catch {
            throw SettingsError(
                setting: GatewaySettings.listen.variable, message: "cannot listen on \(address): \(error)",
                remedy: "another program may have the port; set \(GatewaySettings.listen.variable) to a free one")
        }
    }
}
