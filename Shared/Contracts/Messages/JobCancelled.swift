/// Stop this job: pipeline → all workers. Also told to a worker whose lease has run out.
public struct JobCancelled: Message {
    public var job: JobID
    public var run: RunID
    /// Attempts up to and including this one stop.
    public var attempt: Int
    public var reason: String

    public init(job: JobID, run: RunID, attempt: Int, reason: String) {
        self.job = job
        self.run = run
        self.attempt = attempt
        self.reason = reason
    }
}
