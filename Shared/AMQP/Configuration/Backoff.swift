/// How long to wait between attempts to connect: doubling from `initial` to `maximum`, each less a random part of it.
public struct Backoff: Sendable, Hashable {
    public var initial: Duration
    public var maximum: Duration
    /// The part of a wait that is random, 0 to 1.
    public var jitter: Double

    public init(initial: Duration = .seconds(1), maximum: Duration = .seconds(5), jitter: Double = 0.5) {
        self.initial = initial
        self.maximum = maximum
        self.jitter = jitter
    }
}
