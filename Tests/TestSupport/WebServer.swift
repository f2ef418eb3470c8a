public import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// A Hummingbird server on loopback or a Unix socket for the time of one test.
public struct WebServer: Sendable {
    public let url: String
    /// 0 where it is a socket.
    public let port: Int

    /// Runs `body` with the server up, and stops it in any case.
    /// - Parameter port: 0 lets the system choose.
    public static func with<Context: RequestContext>(
        _ router: Router<Context>, socket: String? = nil, port: Int = 0,
        _ body: @Sendable @escaping (WebServer) async throws -> Void
    ) async throws where Context.Source == ApplicationRequestContextSource {
        try await with(responder: router.buildResponder(), socket: socket, port: port, body)
    }

    static func with<Responder: HTTPResponder>(
        responder: Responder, socket: String? = nil, port: Int = 0,
        _ body: @Sendable @escaping (WebServer) async throws -> Void
    ) async throws where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
        let (started, continuation) = AsyncStream.makeStream(of: Int.self)
        var logger = Logger(label: "test")
        logger.logLevel = .error
        let application = Application(
            responder: responder,
            configuration: .init(
                address: socket.map { .unixDomainSocket(path: $0) } ?? .hostname("127.0.0.1", port: port)),
            onServerRunning: { channel in
                continuation.yield(channel.localAddress?.port ?? 0)
                continuation.finish()
            }, logger: logger)
        let services = ServiceGroup(services: [application], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await services.run()
                continuation.finish()
            }
            for await port in started {
                try await body(
                    WebServer(url: socket == nil ? "http://127.0.0.1:\(port)" : "http://socket", port: port))
            }
            // NIO traps on a connection that is accepted while its server is cancelled: the door closes first, then those
            // inside are sent away.
            await services.triggerGracefulShutdown()
            try await Task.sleep(for: .milliseconds(100))
            group.cancelAll()
        }
    }
}

/// What a route knows about its request: also which port it came from.
public struct PeerContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    public let peerPort: Int?

    public init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        peerPort = source.channel.remoteAddress?.port
    }
}
