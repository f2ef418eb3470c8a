import Contracts
import Synchronization

/// When the source of a run is asked for again that sync has not told of: what was asked for may have been lost, or waits
/// behind others there, so that each time it is asked for half as often.
final class SourcePauses: Sendable {
    /// How long after its beginning a run's source is asked for again at first.
    static let first = Duration.seconds(120)

    private let next = Mutex<[RunID: (at: ContinuousClock.Instant, pause: Duration)]>([:])

    /// Those of them that are to be asked for now; what is not among them is forgotten.
    func due(_ runs: [RunID], at now: ContinuousClock.Instant = .now) -> Set<RunID> {
        next.withLock { next in
            let all = Set(runs)
            next = next.filter { all.contains($0.key) }
            return all.filter { run in
                guard let known = next[run] else {
                    next[run] = (now.advanced(by: Self.first), Self.first)
                    return true
                }
                guard known.at <= now else { return false }
                next[run] = (now.advanced(by: known.pause * 2), known.pause * 2)
                return true
            }
        }
    }
}
