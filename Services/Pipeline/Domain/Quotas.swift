import Contracts
import PipelineLanguage
import Text

/// How much may be under way at a time, and how much one run may use, so that one repository's flood, or everybody's, ends
/// in a reason and not in a platform that is full.
struct Quotas: Sendable, Equatable {
    /// Runs of one repository that wait or run.
    var repositoryRuns = 1_000
    /// Runs of all repositories that wait or run.
    var runs = 50_000
    /// Jobs of one repository, and of all, that wait or are at work.
    var repositoryJobs = 20_000
    var jobs = 500_000
    /// Jobs of one repository, and of all, that are at work; more wait.
    var repositoryAtWork = 1_000
    var atWork = 20_000
    /// How long a job may ask to take, in seconds.
    var jobSeconds = 604_800
    /// How many stages a run may have.
    var stages = 1_000
    /// How much is kept of what a step prints, its beginning and its end, in bytes. Its worker's own lines come on top.
    var logBytes: Int64 = 1 << 30
    /// How long all outputs of a run may be together, in bytes.
    var outputBytes = 4 << 20

    /// How much of a step's log may be its worker's own lines, in bytes.
    static let logSlack: Int64 = 16 << 20
    /// How much of a step's log is taken, in bytes.
    var longestLog: Int64 { logBytes + Self.logSlack }

    /// A sentence for people, as far as one may be long that a worker sends.
    static func words(_ text: String) -> String { UTF8Boundary.prefix(text, bytes: 16 << 10) }

    /// Which jobs are counted.
    enum States: Sendable { case atWork, open }

    /// Why a run that is there already may not begin, with the limit that it meets; `nil` where it may.
    /// - Parameters:
    ///   - runs: How many runs of a repository, or of all, wait or run that were there before it; no more are counted than
    ///     it is given.
    ///   - jobs: The same of jobs.
    func refusal(
        of repository: RepositoryPath, runs count: (_ repository: RepositoryPath?, _ limit: Int) throws -> Int,
        jobs countJobs: (_ repository: RepositoryPath?, _ limit: Int) throws -> Int
    ) rethrows -> String? {
        func refusal(_ what: String, _ setting: String) -> String {
            "\(what) wait or run already, and no more may (\(setting) of pipeline); run it again when some have ended"
        }
        if try count(repository, repositoryRuns) >= repositoryRuns {
            return refusal("\(repositoryRuns) runs of \(repository)", "SLIPWAY_REPOSITORY_RUNS")
        }
        if try count(nil, runs) >= runs { return refusal("\(runs) runs", "SLIPWAY_OPEN_RUNS") }
        if try countJobs(repository, repositoryJobs) >= repositoryJobs {
            return refusal("\(repositoryJobs) jobs of \(repository)", "SLIPWAY_REPOSITORY_JOBS")
        }
        if try countJobs(nil, jobs) >= jobs { return refusal("\(jobs) jobs", "SLIPWAY_OPEN_JOBS") }
        return nil
    }

    /// Why a run of this plan may not begin at all, with the limit; `nil` where it may.
    func refusal(of plan: Plan) -> String? {
        let count = plan.process.stages.count
        if count > stages {
            return
                "it has \(count) stages, and a run has \(stages) at most (SLIPWAY_RUN_STAGES of pipeline); make several "
                + "pipelines of it"
        }
        for stage in plan.process.stages {
            guard let timeout = stage.timeout, timeout > jobSeconds else { continue }
            return
                "the stage “\(stage.name)” may take \(timeout) s by its timeout, and a job takes \(jobSeconds) s at most "
                + "(SLIPWAY_JOB_TIMEOUT_LIMIT of pipeline); write a shorter one"
        }
        return nil
    }

    /// Why no job of a repository is given to a worker now, though it is queued; `nil` where one is.
    func wait(
        of repository: RepositoryPath, atWork count: (_ repository: RepositoryPath?, _ limit: Int) throws -> Int
    ) rethrows -> String? {
        if try count(repository, repositoryAtWork) >= repositoryAtWork {
            return
                "waits for one of \(repositoryAtWork) jobs of \(repository) to end: no more are at work at a time "
                + "(SLIPWAY_REPOSITORY_JOBS_AT_WORK of pipeline)"
        }
        if try count(nil, atWork) >= atWork {
            return
                "waits for one of \(atWork) jobs to end: no more are at work at a time (SLIPWAY_JOBS_AT_WORK of pipeline)"
        }
        return nil
    }

    /// Why a step's outputs are not kept; `nil` where they are.
    /// - Parameter length: of them and of what the run has already, in bytes.
    func refusal(ofOutputs length: Int) -> String? {
        length <= outputBytes
            ? nil
            : "the outputs of the run have more than \(outputBytes) bytes together with this step's "
                + "(SLIPWAY_RUN_OUTPUTS_LIMIT of pipeline); leave what is large in a file, and hand on its path"
    }
}
