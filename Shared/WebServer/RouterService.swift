public import Hummingbird
import HummingbirdCore
public import Logging
public import Runtime
public import ServiceLifecycle
import Synchronization

/// An HTTP server of a service: a router on the address that a setting names, until the service ends.
public struct RouterService<Responder: HTTPResponder>: Service
where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
    private let responder: Responder
    private let address: ListenAddress
    private let setting: Setting<ListenAddress>
    private let certificate: ServerCertificate?
    private let patience: RequestPatience
    private let places: ConnectionPlaces
    private let proxies: TrustedProxies
    private let logger: Logger
    private let served: @Sendable () -> Void

    /// - Parameters:
    ///   - setting: where the address comes from, for the error.
    ///   - certificate: what is served over TLS with; plain HTTP without.
    ///   - patience: how long clients may take to say what they want.
    ///   - places: those of its connections; as many as there may be if absent.
    ///   - proxies: those that connections of many clients come from.
    ///   - served: called once requests are answered.
    public init<Router: HTTPResponderBuilder>(
        _ router: Router, on address: ListenAddress, setting: Setting<ListenAddress>,
        certificate: ServerCertificate? = nil, patience: RequestPatience = RequestPatience(),
        places: ConnectionPlaces? = nil, proxies: TrustedProxies = .none, logger: Logger,
        served: @escaping @Sendable () -> Void = {}
    ) where Router.Responder == Responder {
        responder = router.buildResponder()
        self.address = address
        self.setting = setting
        self.certificate = certificate
        self.patience = patience
        self.places = places ?? ConnectionPlaces(logger: logger)
        self.proxies = proxies
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
            server: HTTPServerBuilder { [certificate, patience, places, proxies] responder in
                GuardedChannel(
                    http: HTTP1Channel(responder: responder), certificate: certificate, patience: patience,
                    places: places, proxies: proxies)
            },
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
