import Synchronization

/// The locks of repositories on disk, one per folder.
public final class RepositoryLocks: Sendable {
    private let locks = Mutex<[String: RepositoryLock]>([:])

    public init() {}

    func lock(of directory: String) -> RepositoryLock {
        locks.withLock { locks in
            if let lock = locks[directory] { return lock }
            let lock = RepositoryLock()
            locks[directory] = lock
            return lock
        }
    }
}

/// One holder at a time, in the order of asking. Waiting ends with the task's cancellation.
final class RepositoryLock: Sendable {
    private struct State {
        var held = false
        var used = false
        var next = 0
        var waiters: [(number: Int, continuation: CheckedContinuation<Bool, Never>)] = []
        /// Numbers whose cancellation came before they began to wait.
        var cancelled: Set<Int> = []
    }
    private let state = Mutex(State())

    /// Whether this is the first time its folder is used in this process.
    func isFirstUse() -> Bool {
        state.withLock { state in
            defer { state.used = true }
            return !state.used
        }
    }

    func withLock<Value: Sendable>(
        _ work: () async throws(GitError) -> Value
    ) async throws(GitError) -> Value {
        guard await acquire() else { throw GitError(.cancelled, "cancelled while waiting for the repository") }
        defer { release() }
        return try await work()
    }

    /// Does the work if nobody holds or waits for the lock; without, says `false`.
    func tryLock(_ work: () -> Void) -> Bool {
        let isFree = state.withLock { state in
            guard !state.held else { return false }
            state.held = true
            return true
        }
        guard isFree else { return false }
        defer { release() }
        work()
        return true
    }

    private func acquire() async -> Bool {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let result: Bool? = state.withLock { state in
                    if state.cancelled.remove(number) != nil { return false }
                    guard state.held else {
                        state.held = true
                        return true
                    }
                    state.waiters.append((number, continuation))
                    return nil
                }
                if let result { continuation.resume(returning: result) }
            }
        } onCancel: {
            let waiter: CheckedContinuation<Bool, Never>? = state.withLock { state in
                guard let index = state.waiters.firstIndex(where: { $0.number == number }) else {
                    state.cancelled.insert(number)
                    return nil
                }
                return state.waiters.remove(at: index).continuation
            }
            waiter?.resume(returning: false)
        }
    }

    private func release() {
        let waiter: CheckedContinuation<Bool, Never>? = state.withLock { state in
            guard !state.waiters.isEmpty else {
                state.held = false
                state.cancelled = []
                return nil
            }
            return state.waiters.removeFirst().continuation
        }
        waiter?.resume(returning: true)
    }
}
