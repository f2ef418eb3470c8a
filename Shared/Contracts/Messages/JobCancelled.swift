/// Stop this job: pipeline → all workers. Also told to a worker whose lease has run out.
public struct JobCancelled: Message {
    public var job: JobID
    public var run: RunID
    /// Attempts up to and including this one stop.
    public var attempt: Int
    public var reason: String
    /// Whether the job is over with this. If not, or where a platform does not tell, another attempt may go on with what
    /// this one began.
    public var isFinal: Bool?
    /// The run whose rollout takes this one's place, as people know it, such as `shop/web#12`.
    public var winner: String?

    public init(
        job: JobID, run: RunID, attempt: Int, reason: String, isFinal: Bool? = nil, winner: String? = nil
    ) {
        self.job = job
        self.run = run
        self.attempt = attempt
        self.reason = reason
        self.isFinal = isFinal
        self.winner = winner
    }
}
