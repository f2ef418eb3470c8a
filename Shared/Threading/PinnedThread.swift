/// A thread for an actor that owns a C library's handle.
///
/// The actor stores a `PinnedThread` and names it as its executor; all of its code then runs on that one thread, so a
/// handle that must not be shared may stay a plain non-Sendable pointer, and a call that blocks blocks nobody else.
///
/// ```swift
/// actor Transfer {
///     nonisolated let thread = PinnedThread(name: "transfer")
///     nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
/// }
/// ```
///
/// Between jobs the thread waits for the file descriptors the actor watches. The thread starts with the first job,
/// ends with ``shutdown()`` or when the last reference to this value goes, and never drops a job: one that arrives
/// after the end starts it again for as long as the job takes.
public final class PinnedThread: SerialExecutor, Sendable {
    private let loop: ThreadLoop

    /// - Parameter name: What tools such as `top -H` show; the kernel keeps 15 bytes of it.
    public init(name: String) {
        loop = ThreadLoop(name: name)
    }

    deinit {
        loop.stop()
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        loop.enqueue(UnownedJob(job), for: self)
    }

    public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    /// Lets `assumeIsolated` hold in a watch's handler, which runs on this thread but outside of any job.
    public func isIsolatingCurrentContext() -> Bool? {
        loop.isCurrentThread
    }

    /// Watches descriptors, level-triggered, until the next call of `watch`.
    ///
    /// `onReady` runs on this thread, between jobs, so that the actor may enter itself with `assumeIsolated`: whenever
    /// a descriptor is ready, once when the deadline has come, and after ``notify()``. It gets the descriptors that are
    /// ready, none in the last two cases. It must not hold the actor strongly, or neither is ever released.
    ///
    /// - Parameters:
    ///   - descriptors: Replaces what was watched before. A descriptor must stay open while it is watched.
    ///   - deadline: When to call `onReady` even if nothing happens; `nil` for never.
    public func watch(
        _ descriptors: [Descriptor], deadline: ContinuousClock.Instant? = nil,
        onReady: @escaping @Sendable (_ ready: [Descriptor]) -> Void
    ) {
        loop.watch(descriptors, deadline: deadline, handler: onReady)
    }

    /// Watches other descriptors, or until another deadline, with the handler of the last call that gave one.
    public func watch(_ descriptors: [Descriptor], deadline: ContinuousClock.Instant?) {
        loop.watch(descriptors, deadline: deadline, handler: nil)
    }

    /// Has the watch's handler run soon. Calls made before it runs are folded into one.
    ///
    /// Cheaper than a job: a producer on any thread puts its work into a queue and rings once.
    public func notify() {
        loop.notify()
    }

    /// Ends the watch, runs what is queued, and then ends the thread. Does not wait for it.
    public func shutdown() {
        loop.stop()
    }
}
