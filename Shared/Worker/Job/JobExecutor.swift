/// What a kind of worker does with a job.
public protocol JobExecutor: Sendable {
    /// Ends and removes what an earlier life of this worker left behind. Called before the first job.
    /// - Returns: whether nothing of it goes on any more, as far as can be known.
    func collectLeftovers() async -> Bool

    /// Prepares what the job's steps share, runs them by ``JobRun/steps(_:)``, and cleans up, also when cancelled.
    /// - Throws: ``JobFailure`` where the steps cannot be run; any other error is told as it is.
    func execute(_ job: GrantedJob, _ run: JobRun) async throws
}
