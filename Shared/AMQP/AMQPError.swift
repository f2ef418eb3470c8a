/// Why something asked of the broker did not come about.
///
/// Never holds a password: what is quoted is the broker's own text, a host, or a name the caller gave.
public struct AMQPError: Error, Sendable, Hashable {
    /// A closed list; what a caller may decide on.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The configuration cannot be used: a URL that does not parse, a certificate that cannot be read.
        case invalidConfiguration
        /// No host of the configuration could be reached.
        case unreachable
        /// The broker refused the user name or the password.
        case authentication
        /// The TLS handshake failed, or the broker's certificate is not trusted.
        case tls
        /// The user may not do this (403).
        case accessRefused
        /// A queue, an exchange or the virtual host does not exist (404, 530).
        case notFound
        /// Another connection holds an exclusive queue (405).
        case resourceLocked
        /// Something exists with other arguments, or the broker refused the message (406).
        case preconditionFailed
        /// No queue took a mandatory message (312).
        case unroutable
        /// The broker refused to take responsibility for a message: a queue that is full or has lost its majority.
        case nacked
        /// A name of the message has more bytes than the protocol carries; it was not sent.
        case invalidMessage
        /// The message's body is larger than the configured limit; it was not sent.
        case tooLarge
        /// The broker takes no messages for now: a memory or disk alarm.
        case blocked
        /// There was no connection or no room in time and the message was not sent; or no reply came to a call.
        case timedOut
        /// The message was sent and its fate is unknown: it may be stored or not. Send it again under the same id.
        case indeterminate
        /// The connection to the broker was lost.
        case connectionLost
        /// The broker or the network sent what the protocol does not allow.
        case protocolViolation
        /// ``Broker/run()`` has ended.
        case closed
        /// The task was cancelled. A message that was being published may be stored or not.
        case cancelled
    }

    public let code: Code
    /// In plain words, with the value that was wrong.
    public let message: String
    /// What led to it, in the words of the broker or the system.
    public let cause: String?

    /// Whether the message itself is why it was not sent, so that it never will be, however often it is tried.
    public var isOfMessage: Bool { code == .invalidMessage || code == .tooLarge }

    public init(_ code: Code, _ message: String, cause: String? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}

extension AMQPError: CustomStringConvertible {
    public var description: String {
        guard let cause else { return "\(code.rawValue): \(message)" }
        return "\(code.rawValue): \(message) (\(cause))"
    }
}
