/// A wait that doubles, with a random part.
struct BackoffDelay: Sendable {
    private let backoff: Backoff
    private var current: Duration

    init(_ backoff: Backoff) {
        self.backoff = backoff
        current = backoff.initial
    }

    mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        defer { current = min(current * 2, backoff.maximum) }
        let jitter = min(max(backoff.jitter, 0), 1)
        return min(current, backoff.maximum) * (1 - jitter * Double.random(in: 0...1, using: &generator))
    }

    mutating func reset() {
        current = backoff.initial
    }
}
