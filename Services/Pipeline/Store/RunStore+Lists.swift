import Contracts
import Storage

extension RunStore {
    /// The newest first.
    /// - Parameter before: the `next` of an earlier page: the last run on it.
    func list(_ query: RunQuery = RunQuery(), before: RunID? = nil, limit: Int = 50) throws -> Page<RunSummary> {
        let rows = try rows(query, before: place(before), limit: limit + 1)
        let items = try rows.prefix(limit).map(Self.summary)
        // Not its place: the gaps between those tell how many runs of others there were.
        return Page(items: items, next: rows.count > limit ? items.last?.id.rawValue : nil)
    }

    /// A page that is to be kept live.
    func livePage(_ query: RunQuery, before: RunID?, limit: Int) throws -> LivePage {
        let place = try place(before)
        return LivePage(
            query: query, before: place, limit: limit,
            runs: try rows(query, before: place, limit: limit).map(Self.listed))
    }

    /// One that is not kept any more has its place still.
    private func place(_ run: RunID?) throws -> Int64 {
        guard let run else { return .max }
        return try serial(run) ?? RemovalStore(database: database).find(run)?.serial ?? 0
    }

    func listed(_ id: RunID) throws -> ListedRun? {
        try database.row("SELECT * FROM runs WHERE id = ?", [id]).map(Self.listed)
    }

    private static func listed(_ row: Row) throws -> ListedRun {
        ListedRun(serial: try row["serial"], summary: try summary(row))
    }

    private func rows(_ query: RunQuery, before: Int64, limit: Int) throws -> [Row] {
        let visibility = query.visibility
        var runs = NewestRows(of: "runs", in: database)
        runs.only("state =", query.state)
        if let path = query.repository {
            guard visibility.covers(path) else { return [] }
            runs.only("repository =", path)
        } else if !visibility.isAll {
            return try runs.rows(of: repositories(visibility), before: before, limit: limit)
        }
        return try runs.rows(before: before, limit: limit)
    }

    /// Those that ever had a run.
    private func repositories(_ visibility: Visibility) throws -> [String] {
        try database.values("SELECT repository FROM runNumbers WHERE repository BETWEEN ? AND ?", visibility.bounds)
            .filter { visibility.covers(RepositoryPath(rawValue: $0)) }
    }
}
