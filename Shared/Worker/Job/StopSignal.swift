import Synchronization

/// Ends a piece of work from outside, with a reason; at most once.
final class StopSignal: Sendable {
    private let stopped: AsyncStream<Never>
    private let continuation: AsyncStream<Never>.Continuation
    private let text = Mutex<String?>(nil)

    init() {
        (stopped, continuation) = AsyncStream.makeStream(of: Never.self)
    }

    /// Why it was stopped, or `nil`.
    var reason: String? { text.withLock { $0 } }

    func stop(_ reason: String) {
        text.withLock { text in text = text ?? reason }
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
