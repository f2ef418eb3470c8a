extension HTTPClient {
    /// What holds for all requests of a client.
    public struct Configuration: Sendable, Hashable {
        /// The most an answer's head may measure, in bytes.
        public var maximumHeaderBytes: Int
        /// How many bytes of a body are held for a reader or a server that is slower than the other side.
        public var bufferBytes: Int
        /// How many idle connections are kept for reuse.
        public var idleConnections: Int
        /// The most connections to one host at a time, more requests wait; `nil` is without limit.
        public var connectionsPerHost: Int?
        /// Whether `http_proxy`, `https_proxy` and `no_proxy` hold. Unix sockets never go through a proxy.
        public var usesProxyEnvironment: Bool
        /// The `User-Agent` header, unless a request has its own.
        public var userAgent: String

        public init(
            maximumHeaderBytes: Int = 64 * 1024, bufferBytes: Int = 256 * 1024, idleConnections: Int = 32,
            connectionsPerHost: Int? = nil, usesProxyEnvironment: Bool = true, userAgent: String = "slipway"
        ) {
            self.maximumHeaderBytes = maximumHeaderBytes
            self.bufferBytes = bufferBytes
            self.idleConnections = idleConnections
            self.connectionsPerHost = connectionsPerHost
            self.usesProxyEnvironment = usesProxyEnvironment
            self.userAgent = userAgent
        }
    }
}
