import Synchronization

/// Ends a piece of work from outside, with a reason; at most once.
final class StopSignal: Sendable {
    private let stopped: AsyncStream<Never>
    private let continuation: AsyncStream<Never>.Continuation
    private let first = Mutex<JobStop?>(nil)

    init() {
        (stopped, continuation) = AsyncStream.makeStream(of: Never.self)
    }

    /// Why it was stopped, or `nil`.
    var stop: JobStop? { first.withLock { $0 } }

    func stop(_ stop: JobStop) {
        first.withLock { first in first = first ?? stop }
        continuation.finish()
    }

    /// Runs the work; it is cancelled at the stop, and when this task is.
    func run<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) async -> Value {
        await withTaskGroup(of: Void.self, returning: Value.self) { group in
            let stopped = stopped
            let task = Task { await work() }
            group.addTask {
                for await _ in stopped {}
                // Also reached when the work is over or this task is cancelled.
                task.cancel()
            }
            let value = await withTaskCancellationHandler {
                await task.value
            } onCancel: {
                task.cancel()
            }
            group.cancelAll()
            return value
        }
    }
}
