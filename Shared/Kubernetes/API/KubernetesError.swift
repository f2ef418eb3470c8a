/// Why a request to a cluster failed.
public struct KubernetesError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable, CaseIterable {
        /// The kubeconfig cannot be read, or lacks something.
        case configuration
        /// A token file or an exec plugin gave no credentials.
        case credentials
        /// 401
        case unauthorized
        /// 403
        case forbidden
        /// 404
        case notFound
        /// 409
        case conflict
        /// 410, or the same as an event of a watch: what is asked for is older than what the server remembers.
        case gone
        /// 422 and 400: the object is not valid.
        case invalid
        /// The API server cannot be reached, or answers 5xx or 429.
        case unavailable
        /// What came back is not what was asked for.
        case malformed
    }

    public let code: Code
    public let message: String
    /// How long the server asks to be left alone (`Retry-After`).
    public let retryAfter: Duration?

    public init(_ code: Code, _ message: String, retryAfter: Duration? = nil) {
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }

    /// Whether the same request may do better a moment later.
    public var isTransient: Bool { code == .unavailable }

    public var description: String { message }
}
