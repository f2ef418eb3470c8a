/// What the outbox relay does next, as a value: which rows are read, which go out, which wait for a confirm, for an
/// earlier row of their key or for a delay to pass.
struct RelayState {
    /// A row as far as its order is concerned.
    struct Entry: Equatable {
        var sequence: Int64
        var key: String?
    }

    enum Action: Equatable {
        /// Read rows after this one and tell with ``loaded(_:limit:)``.
        case load(after: Int64, limit: Int)
        /// Publish and tell with ``published(_:)`` or ``failed(_:now:jitter:)``.
        case publish(Int64)
        /// Nothing to do until something is told, or this moment has come.
        case wait(until: ContinuousClock.Instant?)
        /// Stopped, and nothing is under way.
        case finished
    }

    private struct Waiting {
        var entry: Entry
        var failures = 0
        var notBefore: ContinuousClock.Instant?
    }

    /// How many publishes may wait for their confirm.
    let window: Int
    private var waiting: [Waiting] = []
    private var inFlight: [Int64: Waiting] = [:]
    private var lastLoaded: Int64 = 0
    private var mayHaveMore = true
    private var isLoading = false
    private var isStopping = false

    init(window: Int) {
        self.window = max(1, window)
    }

    /// Rows in memory that are not confirmed.
    var backlog: Int { waiting.count + inFlight.count }

    mutating func next(now: ContinuousClock.Instant) -> Action {
        if isStopping { return inFlight.isEmpty ? .finished : .wait(until: nil) }
        if inFlight.count < window {
            var blocked = Set(inFlight.values.compactMap(\.entry.key))
            for (index, row) in waiting.enumerated() {
                if let key = row.entry.key {
                    // An earlier row of this key is under way or waits: this one is not its turn.
                    guard blocked.insert(key).inserted else { continue }
                }
                if let notBefore = row.notBefore, notBefore > now { continue }
                waiting.remove(at: index)
                inFlight[row.entry.sequence] = row
                return .publish(row.entry.sequence)
            }
        }
        if mayHaveMore, !isLoading, waiting.count < 2 * window {
            isLoading = true
            return .load(after: lastLoaded, limit: 2 * window)
        }
        return .wait(until: waiting.compactMap(\.notBefore).filter { $0 > now }.min())
    }

    /// A transaction with new rows was committed.
    mutating func committed() { mayHaveMore = true }

    /// - Parameter others: rows that were read with them and are nobody's to publish.
    mutating func loaded(_ entries: [Entry], beside others: [Int64] = [], limit: Int) {
        isLoading = false
        waiting += entries.map { Waiting(entry: $0) }
        lastLoaded = max(entries.last?.sequence ?? lastLoaded, others.max() ?? lastLoaded)
        mayHaveMore = entries.count + others.count >= limit
    }

    /// Reading failed: it is tried again after the next commit or delay.
    mutating func loadFailed() {
        isLoading = false
        mayHaveMore = true
    }

    mutating func published(_ sequence: Int64) {
        inFlight[sequence] = nil
    }

    /// Puts the row back in its place; it goes again after a delay that doubles with each failure.
    /// - Parameter jitter: 0 to 1, so that many do not come back at once.
    /// - Returns: when.
    mutating func failed(_ sequence: Int64, now: ContinuousClock.Instant, jitter: Double) -> ContinuousClock.Instant? {
        guard var row = inFlight.removeValue(forKey: sequence) else { return nil }
        row.failures += 1
        let notBefore = now.advanced(by: Self.delay(failures: row.failures, jitter: jitter))
        row.notBefore = notBefore
        let place = waiting.firstIndex { $0.entry.sequence > sequence } ?? waiting.endIndex
        waiting.insert(row, at: place)
        return notBefore
    }

    /// Takes nothing new; ``next(now:)`` ends once what is under way has ended.
    mutating func stop() { isStopping = true }

    /// 0.2 s doubling to 30 s, of which up to half is jitter.
    static func delay(failures: Int, jitter: Double) -> Duration {
        let full = min(30.0, 0.2 * Double(1 << min(failures - 1, 10)))
        return .milliseconds(Int64(1000 * full * (0.5 + 0.5 * min(max(jitter, 0), 1))))
    }
}
