public import Contracts
public import Messaging

/// The platform as a worker meets it. ``BusPlatform`` is the real one.
public protocol JobPlatform: LogSink {
    /// Waits for a wake that `offer` takes; see `Bus.take`. `nil` where the task was cancelled.
    func take<Value: Sendable>(
        _ offer: @escaping @Sendable (any JobOffer) async throws -> Offer<Value>
    ) async throws -> Value?

    /// Asks for a job. Where this throws the answer may have been lost: the same claim is answered in the same way.
    func claim(_ claim: JobClaim) async throws -> JobClaimReply

    /// Sends a report; returns once it is confirmed. The same id makes it the same report.
    /// - Throws: ``JobFailure`` where it never will be, whatever is changed elsewhere; any other error passes.
    func report(_ report: any Message, id: MessageID, run: RunID, timeout: Duration) async throws

    /// Says that this worker is there.
    func announce(_ worker: WorkerAnnounced, timeout: Duration) async throws

    /// Calls `body` with every cancellation, until the task is cancelled.
    func watchCancellations(_ body: @Sendable (JobCancelled) -> Void) async throws

    /// Calls `body` whenever jobs wait that no wake has found a worker for, until the task is cancelled.
    func watchWaitingJobs(_ body: @Sendable (JobsWaiting) -> Void) async throws
}
