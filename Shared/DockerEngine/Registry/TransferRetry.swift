/// When a transfer that failed for a reason that passes (a registry that is overloaded, restarting or out of reach) is
/// tried again.
public struct TransferRetry: Sendable {
    /// The delay after the first, the second … failed try. As many tries and one more are made in all.
    public var delays: [Duration]
    /// The longest a registry can put a transfer off by `Retry-After`.
    public var longest: Duration
    /// Waits; takes the time out of tests.
    public var pause: @Sendable (Duration) async throws -> Void

    public init(
        delays: [Duration] = [.seconds(1), .seconds(3), .seconds(8), .seconds(20)], longest: Duration = .seconds(120),
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.delays = delays
        self.longest = longest
        self.pause = pause
    }

    /// One try and no more.
    public static let never = TransferRetry(delays: [])

    /// How long to wait after a try that failed; `nil`: it was the last one.
    /// - Parameters:
    ///   - attempt: The one that failed, from 1.
    ///   - retryAfter: What the registry asked for.
    public func delay(after attempt: Int, retryAfter: Duration? = nil) -> Duration? {
        guard (1...delays.count + 1).contains(attempt), attempt <= delays.count else { return nil }
        return max(delays[attempt - 1], min(retryAfter ?? .zero, longest))
    }

    /// Whether an answer of this status may be another one a little later.
    static func isTransient(status: Int) -> Bool { status == 429 || (500...504).contains(status) && status != 501 }
}
