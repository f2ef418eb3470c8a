/// How long to wait before a request to an API server is made again: longer each time, and as long as the server asks.
public struct RetryPause: Sendable {
    private var next: Duration
    private let first: Duration

    /// The longest between two tries without a word of the server.
    private static let longest = Duration.seconds(5)
    /// The longest a server can put one off by `Retry-After`.
    private static let longestAsked = Duration.seconds(60)

    public init(first: Duration = .milliseconds(250)) {
        (self.first, next) = (first, first)
    }

    /// After a request that failed.
    public mutating func pause(after error: KubernetesError) -> Duration {
        defer { next = min(next * 2, Self.longest) }
        return max(next, min(error.retryAfter ?? .zero, Self.longestAsked))
    }

    /// After one that did not.
    public mutating func reset() { next = first }
}
