public import Hummingbird
public import Logging
import NIOCore
public import Runtime
public import ServiceLifecycle
import Synchronization

/// An HTTP server of a service: a router on the address that a setting names, until the service ends.
public struct RouterService<Responder: HTTPResponder>: Service
where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
    private let responder: Responder
    private let address: ListenAddress
    private let setting: Setting<ListenAddress>
    private let idleTimeout: Duration?
    private let logger: Logger
    private let served: @Sendable () -> Void

    /// - Parameters:
    ///   - setting: where the address comes from, for the error.
    ///   - idleTimeout: after how long a connection is closed on which nothing is said; never if absent.
    ///   - served: called once requests are answered.
    public init<Router: HTTPResponderBuilder>(
        _ router: Router, on address: ListenAddress, setting: Setting<ListenAddress>,
        idleTimeout: Duration? = nil, logger: Logger, served: @escaping @Sendable () -> Void = {}
    ) where Router.Responder == Responder {
        responder = router.buildResponder()
        self.address = address
        self.setting = setting
        self.idleTimeout = idleTimeout
        self.logger = logger
        self.served = served
    }

    /// - Throws: `SettingsError` where the address cannot be listened on.
    public func run() async throws {
        var quiet = logger
        quiet.logLevel = max(.warning, logger.logLevel)
        let isServing = Mutex(false)
        let application = Application(
            responder: responder,
            server: .http1(configuration: .init(idleTimeout: idleTimeout.map { TimeAmount($0) })),
            configuration: .init(address: .hostname(address.host, port: address.port)),
            onServerRunning: { [served] _ in
                isServing.withLock { $0 = true }
                served()
            }, logger: quiet)
        do {
            try await application.run()
        } catch  where !isServing.withLock({ $0 }) {
            throw SettingsError(cannotListenOn: "\(address)", setting, error)
        }
    }
}
