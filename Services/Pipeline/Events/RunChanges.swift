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
        /// Runs with more log, for those who watch one.
        var logs: Set<RunID> = []
    }

    private struct State {
        var next = 0
        /// Of one run, by its number.
        var ofRuns: [RunID: [Int: Watcher]] = [:]
        /// Of all runs of some repositories.
        var ofRepositories: [Int: (isMeant: @Sendable (RepositoryPath) -> Bool, watcher: Watcher)] = [:]
    }

    private let state = Mutex(State())

    /// What those who watch a run read of it when they are told, once for all of them.
    let views = SharedReads<RunView>()
    /// What those who watch lists read of a run.
    let listed = SharedReads<ListedRun>()

    /// Starts to watch one run: its state and its log. The watch ends when its last reference goes, or with ``Watch/end()``.
    func watch(_ run: RunID) -> Watch {
        let watcher = Watcher()
        let number = state.withLock { state in
            state.next += 1
            state.ofRuns[run, default: [:]][state.next] = watcher
            return state.next
        }
        return Watch(watcher: watcher) { [weak self] in
            self?.state.withLock { state in
                state.ofRuns[run]?[number] = nil
                if state.ofRuns[run]?.isEmpty ?? false { state.ofRuns[run] = nil }
            }
        }
    }

    /// Starts to watch the state of all runs of the repositories that are meant.
    func watch(where isMeant: @escaping @Sendable (RepositoryPath) -> Bool) -> Watch {
        let watcher = Watcher()
        let number = state.withLock { state in
            state.next += 1
            state.ofRepositories[state.next] = (isMeant, watcher)
            return state.next
        }
        return Watch(watcher: watcher) { [weak self] in
            self?.state.withLock { $0.ofRepositories[number] = nil }
        }
    }

    /// A run's state was committed.
    func changed(_ run: RunID, of repository: RepositoryPath) {
        views.forget(run)
        listed.forget(run)
        let others = state.withLock { Array($0.ofRepositories.values) }
        for other in others where other.isMeant(repository) { other.watcher.tell { $0.runs.insert(run) } }
        for watcher in watchers(of: run) { watcher.tell { $0.runs.insert(run) } }
    }

    /// What runs wait for may have changed: whoever watches one looks again.
    func waitsChanged() {
        views.forgetAll()
        for (run, watchers) in state.withLock({ $0.ofRuns }) {
            for watcher in watchers.values { watcher.tell { $0.runs.insert(run) } }
        }
    }

    /// A run has more log.
    func logged(_ run: RunID) {
        views.forget(run)
        for watcher in watchers(of: run) { watcher.tell { $0.logs.insert(run) } }
    }

    private func watchers(of run: RunID) -> [Watcher] {
        state.withLock { state in state.ofRuns[run].map { Array($0.values) } ?? [] }
    }

    /// How many watch.
    var watcherCount: Int {
        state.withLock { state in state.ofRuns.values.reduce(state.ofRepositories.count) { $0 + $1.count } }
    }

    final class Watcher: Sendable {
        let changes = Mutex(Changes())
        let signal = Signal()

        func tell(_ note: (inout Changes) -> Void) {
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
