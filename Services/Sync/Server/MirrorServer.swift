import Hummingbird
import Logging
import NIOCore
import Runtime
import ServiceLifecycle

/// The HTTP server builders fetch from.
struct MirrorServer: Service {
    let address: ListenAddress
    let routes: MirrorRoutes
    let logger: Logger

    func run() async throws {
        var quiet = logger
        quiet.logLevel = max(.warning, logger.logLevel)
        let application = Application(
            router: routes.router(), server: .http1(configuration: .init(idleTimeout: .seconds(120))),
            configuration: .init(address: .hostname(address.host, port: address.port)), logger: quiet)
        do {
            logger.info("serving mirrors", metadata: ["address": "\(address)"])
            try await application.run()
        } catch {
            throw SettingsError(
                setting: SyncSettings.listen.variable, message: "cannot listen on \(address): \(error)",
                remedy: "another program may have the port; set \(SyncSettings.listen.variable) to a free one")
        }
    }
}
