/// What has not ended at a moment, as an operator watches it.
struct OpenWork: Sendable {
    /// Jobs by the queue of their pool or cluster, and by their state.
    struct Jobs: Sendable, Hashable {
        var queue: String
        var state: String
    }

    var runs = 0
    var jobs: [Jobs: Int] = [:]
    /// How long the job has waited that has waited longest for a worker, in seconds, by queue.
    var oldest: [String: Double] = [:]
    /// Workers that are heard of: by queue, how many are ready and how many are not.
    var workers: [String: (ready: Int, unready: Int)] = [:]
    var deadLetters = 0
}
