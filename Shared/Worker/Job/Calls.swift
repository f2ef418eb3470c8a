import Synchronization

/// Calls to all slots of a worker that jobs may wait no wake will come for: at its start, and when the platform says so. A
/// slot that has heard of as many as there were asks again only after the next.
final class Calls: Sendable {
    private struct State {
        var count = 1
        var nextWaiter = 0
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    /// How many there were; the first is the start.
    var count: Int { state.withLock { $0.count } }

    func call() {
        let waiters = state.withLock { state in
            state.count += 1
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when there were more than these, or the task is cancelled.
    func wait(beyond heard: Int) async {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.count > heard || Task.isCancelled { return true }
                    state.waiters[number] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
        }
    }
}
