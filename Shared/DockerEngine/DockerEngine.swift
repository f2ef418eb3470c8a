public import HTTPClient
public import Logging

/// A Docker Engine, spoken to over its Unix socket.
public struct DockerEngine: Sendable {
    public let socketPath: String
    /// What both sides speak.
    public let version: APIVersion
    let client: HTTPClient
    let logger: Logger

    /// Finds out which version of the API the engine speaks.
    /// - Throws: ``DockerError/Code/unreachable`` if nobody answers.
    public static func connect(
        socketPath: String, client: HTTPClient, logger: Logger
    ) async throws(DockerError) -> DockerEngine {
        let unversioned = DockerEngine(socketPath: socketPath, version: .newest, client: client, logger: logger)
        let server = try await unversioned.ping()
        return DockerEngine(
            socketPath: socketPath, version: min(server, .newest), client: client, logger: logger)
    }

    private init(socketPath: String, version: APIVersion, client: HTTPClient, logger: Logger) {
        self.socketPath = socketPath
        self.version = version
        self.client = client
        self.logger = logger
    }

    /// Asks whether the engine is there.
    /// - Returns: The newest API version it speaks.
    /// - Throws: ``DockerError``: `unreachable`, `protocolViolation`.
    @discardableResult
    public func ping() async throws(DockerError) -> APIVersion {
        var call = Call(.get, "/_ping", "the Docker Engine")
        call.versioned = false
        call.timeout = .seconds(10)
        let response = try await send(call)
        _ = try await collect(response, call)
        guard let text = response.headers["Api-Version"], let server = APIVersion(text) else {
            throw DockerError(.protocolViolation, "what answers at \(socketPath) is not a Docker Engine")
        }
        return server
    }
}
