/// A piece of a step's log: worker → pipeline, over a separate bounded queue.
public struct LogChunk: Message {
    public var job: JobID
    public var run: RunID
    public var attempt: Int
    public var step: String
    /// Where in the step's log the text begins, in bytes. A repeat has the same offset, a gap is a missing chunk.
    public var offset: Int64
    /// Whole lines where possible, valid UTF-8, secrets masked, 256 KiB at most.
    public var text: String
    /// When the text was written, in the order of the log; the first one is that of its beginning.
    public var times: [LogTime]?
    /// The grant's; `nil` from a worker of an earlier version.
    public var token: String?

    public init(
        job: JobID, run: RunID, attempt: Int, step: String, offset: Int64, text: String, times: [LogTime]? = nil,
        token: String? = nil
    ) {
        self.job = job
        self.run = run
        self.attempt = attempt
        self.step = step
        self.offset = offset
        self.text = text
        self.times = times
        self.token = token
    }
}
