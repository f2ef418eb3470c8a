/// Why the Docker Engine or a registry did not do what it was asked.
public struct DockerError: Error, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// Nobody answers at the socket or the registry's address.
        case unreachable
        /// No such image, container, network, volume or manifest.
        case notFound
        /// The name is taken, or the thing is not in a state that allows this.
        case conflict
        /// The engine does not accept the request as it is.
        case badRequest
        /// The registry wants a login, or another one.
        case unauthorized
        /// The registry's certificate is not signed by an authority that is trusted, or not for its host.
        case untrusted
        /// A step of the Dockerfile failed.
        case buildFailed
        /// The registry did not take or give the image.
        case transferFailed
        /// The build context cannot be read or reaches outside of its folder.
        case context
        /// The engine failed.
        case engine
        /// What came back cannot be understood.
        case protocolViolation
        /// The task that waited was cancelled.
        case cancelled
    }

    public let code: Code
    /// In plain words, with the name of what it is about; never with credentials.
    public let message: String
    public let cause: (any Error)?

    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    public var description: String {
        guard let cause else { return message }
        return "\(message): \(cause)"
    }
}
