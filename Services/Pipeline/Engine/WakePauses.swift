import Contracts
import Synchronization

/// How long kinds of workers that do not announce themselves are not woken again: a wake that nobody takes stays in its
/// queue, so that there is one a day at most of a pool that nobody serves.
final class WakePauses: Sendable {
    private struct Pause {
        var length = 1
        var left = 1
    }

    /// In recounts, which is a day.
    private static let longest = Int(Duration.seconds(86_400) / WakeRecount.interval)

    private let pauses = Mutex<[WorkerScope: Pause]>([:])

    /// Those of them that are to be woken now. One that is not among them is woken at once when it is the next time.
    func due(_ scopes: [WorkerScope]) -> Set<WorkerScope> {
        pauses.withLock { pauses in
            pauses = pauses.filter { scopes.contains($0.key) }
            return Set(scopes).filter { scope in
                var pause = pauses[scope] ?? Pause()
                pause.left -= 1
                let isDue = pause.left <= 0
                if isDue {
                    pause.length = min(pause.length * 2, Self.longest)
                    pause.left = pause.length
                }
                pauses[scope] = pause
                return isDue
            }
        }
    }
}
