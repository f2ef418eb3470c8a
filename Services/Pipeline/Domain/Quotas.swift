import Contracts

/// How much may be under way at a time, so that one repository's flood, or everybody's, ends in a reason and not in a
/// platform that is full.
struct Quotas: Sendable, Equatable {
    /// Runs of one repository that wait or run.
    var repositoryRuns = 1_000
    /// Runs of all repositories that wait or run.
    var runs = 50_000

    /// Why a run that is there already may not begin, with the limit that it meets; `nil` where it may.
    /// - Parameter open: How many runs of a repository, or of all, wait or run; no more are counted than it is given.
    func refusal(
        of repository: RepositoryPath, open: (_ repository: RepositoryPath?, _ limit: Int) throws -> Int
    ) rethrows -> String? {
        if try open(repository, repositoryRuns + 1) > repositoryRuns {
            return
                "\(repositoryRuns) runs of \(repository) wait or run already, and no more may "
                + "(SLIPWAY_REPOSITORY_RUNS of pipeline); run it again when some have ended"
        }
        if try open(nil, runs + 1) > runs {
            return
                "\(runs) runs wait or run already, and no more may (SLIPWAY_OPEN_RUNS of pipeline); run it again when "
                + "some have ended"
        }
        return nil
    }
}
