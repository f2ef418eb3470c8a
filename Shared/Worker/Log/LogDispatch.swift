/// Runs the shippers of a job's logs beside its steps: a step that is stopped still has its last lines sent.
final class LogDispatch: Sendable {
    private let shippers: AsyncStream<LogShipper>
    private let queue: AsyncStream<LogShipper>.Continuation

    init() {
        (shippers, queue) = AsyncStream.makeStream(of: LogShipper.self)
    }

    func start(_ shipper: LogShipper) {
        // The job is over and nobody would send it: who writes to it must not wait.
        if case .terminated = queue.yield(shipper) { Task { await shipper.stop() } }
    }

    /// Until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await shipper in shippers { group.addTask { await shipper.run() } }
        }
    }
}
