/// Work that blocks, such as on a disk, each on its own thread: whoever waits for it holds none that others need.
public enum OwnThread {
    /// Runs work on a new thread, which ends with it. The work is done whether or not the task is cancelled.
    /// - Parameter name: of the thread, for tools; the kernel keeps 15 bytes of it.
    /// - Throws: what the work throws.
    public static func run<Value: Sendable, Failure: Error>(
        _ name: String, _ work: @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        try await Runner(name).run(work)
    }

    private actor Runner {
        private nonisolated let thread: PinnedThread

        init(_ name: String) { thread = PinnedThread(name: name) }

        nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

        func run<Value: Sendable, Failure: Error>(
            _ work: @Sendable () throws(Failure) -> Value
        ) throws(Failure) -> Value { try work() }
    }
}
