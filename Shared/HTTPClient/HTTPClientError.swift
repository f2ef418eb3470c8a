/// Why a request did not end as an answer. An answer of any status, 500 included, is no error.
///
/// Neither the code nor the message ever holds credentials: of the address only scheme, host and port are told, since
/// chat services keep their secret in the path.
public struct HTTPClientError: Error, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The request cannot be sent as it is: a broken address, a header with a line break, a bad certificate.
        case invalidRequest
        /// The host's name is unknown.
        case unresolvable
        /// No connection: refused, no route, no such socket.
        case unreachable
        /// No connection within ``HTTPRequest/connectTimeout``.
        case connectTimedOut
        /// Nothing moved for ``HTTPRequest/idleTimeout``.
        case idleTimedOut
        /// Not done within ``HTTPRequest/totalTimeout``.
        case totalTimedOut
        /// TLS failed: versions, ciphers, the client's certificate.
        case tls
        /// The server's certificate is not trusted or not for this host.
        case untrusted
        /// The connection broke in the middle.
        case connectionLost
        /// What came back is no HTTP.
        case protocolViolation
        /// The answer's headers or its body are larger than allowed.
        case tooLarge
        /// More redirects than ``HTTPRequest/redirects``.
        case tooManyRedirects
        /// The stream that gives the request's body failed; see the cause.
        case requestBody
        /// The task that waited was cancelled; the transfer is stopped.
        case cancelled
        /// The client was shut down.
        case shutDown
        /// Something libcurl reports that has no name here; the message has its words.
        case other
    }

    public let code: Code
    /// In plain words, with the method and the server.
    public let message: String
    public let cause: (any Error)?

    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// Whether the same request may do better later. Whether it may be *sent* again depends on what it does.
    public var isTransient: Bool {
        switch code {
        case .unresolvable, .unreachable, .connectTimedOut, .idleTimedOut, .totalTimedOut, .connectionLost: true
        case .invalidRequest, .tls, .untrusted, .protocolViolation, .tooLarge, .tooManyRedirects, .requestBody,
            .cancelled, .shutDown, .other:
            false
        }
    }

    public var description: String {
        guard let cause else { return message }
        return "\(message): \(cause)"
    }
}
