import Contracts

/// A page of a list of runs that is open somewhere: what becomes of a run changes it without another look at all of them.
struct LivePage: Sendable, Equatable {
    let query: RunQuery
    /// Only what is older.
    let before: Int64
    let limit: Int
    /// The newest first.
    private(set) var runs: [ListedRun]

    /// Puts a run where it belongs.
    /// - Returns: `false` where one has left the page and what takes its place has to be read.
    mutating func take(_ run: ListedRun) -> Bool {
        let place = runs.firstIndex { $0.serial == run.serial }
        guard isOfList(run) else { return place == nil }
        if let place {
            runs[place] = run
        } else {
            runs.insert(run, at: runs.firstIndex { $0.serial < run.serial } ?? runs.count)
            if runs.count > limit { runs.removeLast() }
        }
        return true
    }

    private func isOfList(_ run: ListedRun) -> Bool {
        let summary = run.summary
        return (query.state ?? summary.state) == summary.state
            && (query.repository ?? summary.repository) == summary.repository
            && query.visibility.covers(summary.repository) && run.serial < before
    }
}
