/// A job waits for a builder: pipeline → builder. What to do is in the grant (``JobClaim``), so that the queue holds
/// no secret and a cancelled job is never started.
public struct BuildRequested: Message {
    public var job: JobID
    public var run: RunID
    public var attempt: Int

    public init(job: JobID, run: RunID, attempt: Int) {
        self.job = job
        self.run = run
        self.attempt = attempt
    }
}

/// A job waits for a deployer: pipeline → deployer.
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
