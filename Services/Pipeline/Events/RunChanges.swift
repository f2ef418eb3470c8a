import Contracts
import Storage
import Synchronization

/// Who watches which runs. A watcher is told *that* something changed and reads what it is by itself, at its own pace:
/// nothing is buffered for a slow one, and nothing can be missed.
final class RunChanges: Sendable {
    /// What happened since a watcher last looked.
    struct Changes: Sendable, Equatable {
        /// Runs whose state changed.
        var runs: Set<RunID> = []
        /// Runs with more log.
        var logs: Set<RunID> = []
    }

    private struct State {
        var next = 0
        var watchers: [Int: Watcher] = [:]
    }

    private let state = Mutex(State())

    /// Starts to watch one run, or all of them. The watch ends when its last reference goes, or with ``Watch/end()``.
    func watch(_ run: RunID?) -> Watch {
        let watcher = Watcher(run: run)
        let number = state.withLock { state in
            state.next += 1
            state.watchers[state.next] = watcher
            return state.next
        }
        return Watch(watcher: watcher) { [weak self] in
            self?.state.withLock { _ = $0.watchers.removeValue(forKey: number) }
        }
    }

    /// A run's state was committed.
    func changed(_ run: RunID) {
        for watcher in watchers { watcher.tell(run) { $0.runs.insert(run) } }
    }

    /// What runs wait for may have changed: whoever watches one looks again.
    func waitsChanged() {
        for watcher in watchers { if let run = watcher.run { watcher.tell(run) { $0.runs.insert(run) } } }
    }

    /// A run has more log.
    func logged(_ run: RunID) {
        for watcher in watchers { watcher.tell(run) { $0.logs.insert(run) } }
    }

    /// How many watch.
    var watcherCount: Int { state.withLock { $0.watchers.count } }

    private var watchers: [Watcher] { state.withLock { Array($0.watchers.values) } }

    final class Watcher: Sendable {
        let run: RunID?
        let changes = Mutex(Changes())
        let signal = Signal()

        init(run: RunID?) { self.run = run }

        func tell(_ changed: RunID, _ note: (inout Changes) -> Void) {
            guard run == nil || run == changed else { return }
            changes.withLock { note(&$0) }
            signal.wake()
        }
    }

    /// One watcher's view.
    final class Watch: Sendable {
        private let watcher: Watcher
        private let ended: @Sendable () -> Void

        init(watcher: Watcher, ended: @escaping @Sendable () -> Void) {
            self.watcher = watcher
            self.ended = ended
        }

        deinit { ended() }

        /// Has an element whenever there may be something to ``take()``.
        var wakes: AsyncStream<Void> { watcher.signal.wakes }

        /// What changed since the last call.
        func take() -> Changes {
            watcher.changes.withLock { changes in
                defer { changes = Changes() }
                return changes
            }
        }

        /// Wakes the watcher though nothing changed.
        func nudge() { watcher.signal.wake() }

        /// Ends ``wakes``.
        func end() {
            watcher.signal.finish()
            ended()
        }
    }
}
