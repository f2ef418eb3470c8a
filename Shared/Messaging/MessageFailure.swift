/// What a handler throws to say what should become of its message. Any other error is retried.
public enum MessageFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// Try again later: a peer is away, a resource is busy.
    case retry(String)
    /// Try again after a delay, and do not count it as an attempt: nothing was tried, for there is no room for it now.
    case later(String, after: RetryPolicy.Delay)
    /// Hold it, and do not count it as an attempt: a newer version of Slipway sent it, which this service will understand
    /// once it is updated. See ``HeldMessages``.
    case newer(String)
    /// Park it: no repetition will help.
    case permanent(String)

    public var description: String {
        switch self {
        case .retry(let reason), .later(let reason, _), .newer(let reason), .permanent(let reason): reason
        }
    }
}

/// A message that cannot be sent as asked.
public struct MessagingError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        /// The type has no route in ``MessageMap`` and none was given.
        case noRoute
        /// The answer is not what the request's reply looks like.
        case malformedReply
    }

    public var code: Code
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
