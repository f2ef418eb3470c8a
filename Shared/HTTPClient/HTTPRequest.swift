/// One request. Redirects are off, nothing is sent that is not written here, and only `http` and `https` are spoken.
public struct HTTPRequest: Sendable {
    public struct Method: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        public var description: String { rawValue }

        public static let get = Method(rawValue: "GET")
        public static let head = Method(rawValue: "HEAD")
        public static let post = Method(rawValue: "POST")
        public static let put = Method(rawValue: "PUT")
        public static let patch = Method(rawValue: "PATCH")
        public static let delete = Method(rawValue: "DELETE")
    }

    public enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// Pulled as fast as the server takes it. Without a length it is sent in chunks; with one, the stream has to
        /// give exactly that many bytes. A stream cannot be sent twice, so it does not survive a redirect.
        case stream(length: Int64?, any AsyncSequence<[UInt8], any Error> & Sendable)
    }

    public enum Authentication: Sendable, Hashable {
        case bearer(String)
        case basic(username: String, password: String)
    }

    public var method: Method
    /// Such as `https://registry.example/v2/`. It must not hold a user or a password: see ``authentication``.
    public var url: String
    public var headers: HTTPHeaders
    public var body: Body
    /// The Unix socket to connect to in place of the URL's host, which is then only the `Host` header.
    public var socketPath: String?
    /// `nil`: the system's certificate authorities, no client certificate.
    public var tls: TLS?
    /// Sent to the URL's own host only, never along a redirect to another one.
    public var authentication: Authentication?
    /// Until the connection stands, TLS included.
    public var connectTimeout: Duration
    /// Until the last byte of the answer; `nil` is without limit.
    public var totalTimeout: Duration?
    /// How long nothing may move; `nil` is without limit. Time in which the reader of the answer or the stream of the
    /// request's body is what everyone waits for does not count.
    public var idleTimeout: Duration?
    /// How many redirects are followed.
    public var redirects: Int
    /// The largest body of the answer in bytes; `nil` is without limit, for streams that are read as they come.
    public var maximumBodyBytes: Int64?

    public init(
        _ method: Method = .get, _ url: String, headers: HTTPHeaders = [:], body: Body = .none,
        socketPath: String? = nil, tls: TLS? = nil, authentication: Authentication? = nil,
        connectTimeout: Duration = .seconds(10), totalTimeout: Duration? = nil, idleTimeout: Duration? = .seconds(60),
        redirects: Int = 0, maximumBodyBytes: Int64? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.socketPath = socketPath
        self.tls = tls
        self.authentication = authentication
        self.connectTimeout = connectTimeout
        self.totalTimeout = totalTimeout
        self.idleTimeout = idleTimeout
        self.redirects = redirects
        self.maximumBodyBytes = maximumBodyBytes
    }
}
