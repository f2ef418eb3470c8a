/// Why something could not be had of a cluster.
struct KubernetesError: Error, Sendable, Equatable, CustomStringConvertible {
    enum Code: String, Sendable, CaseIterable {
        /// The kubeconfig cannot be read, or lacks something.
        case configuration
        /// No credentials could be had (a token file, an exec plugin).
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

    let code: Code
    let message: String
    /// How long the server asks to be left alone (`Retry-After`).
    let retryAfter: Duration?

    init(_ code: Code, _ message: String, retryAfter: Duration? = nil) {
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }

    /// Whether the same request may do better a moment later.
    var isTransient: Bool { code == .unavailable }

    var description: String { message }
}
