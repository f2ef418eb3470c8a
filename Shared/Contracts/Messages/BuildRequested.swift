/// A job waits for a builder: pipeline → builder. It only wakes one: which job it gets is the answer to its
/// ``JobClaim``. So the queue holds no secret, a cancelled job is never started, and a wake that is lost or comes twice
/// costs a claim and nothing else.
public struct BuildRequested: Message {
    /// The job that was queued; another one may be more urgent by the time a worker asks.
    public var job: JobID
    public var run: RunID
    public var attempt: Int

    public init(job: JobID, run: RunID, attempt: Int) {
        self.job = job
        self.run = run
        self.attempt = attempt
    }
}

/// A job waits for a deployer: pipeline → deployer. It only wakes one, as ``BuildRequested`` does.
public struct RolloutRequested: Message {
    public var job: JobID
    public var run: RunID
    public var attempt: Int

    public init(job: JobID, run: RunID, attempt: Int) {
        self.job = job
        self.run = run
        self.attempt = attempt
    }
}

/// Jobs wait that a wake of their queue did not reach a worker for: pipeline → all workers. Those that may take them and
/// have a free slot ask for one.
public struct JobsWaiting: Message {
    public var scope: WorkerScope

    public init(scope: WorkerScope) {
        self.scope = scope
    }
}
