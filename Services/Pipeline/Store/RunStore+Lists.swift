import Contracts
import Storage

extension RunStore {
    /// The newest first.
    /// - Parameter before: the `next` of an earlier page.
    func list(_ query: RunQuery = RunQuery(), before: Int64? = nil, limit: Int = 50) throws -> Page<RunSummary> {
        let rows = try rows(query, before: before ?? .max, limit: limit + 1)
        let shown = rows.prefix(limit)
        let last: Int64? = try shown.last?["serial"]
        return Page(items: try shown.map(Self.summary), next: rows.count > limit ? last.map(String.init) : nil)
    }

    /// Those of a page with their places.
    func listed(_ query: RunQuery, before: Int64?, limit: Int) throws -> [ListedRun] {
        try rows(query, before: before ?? .max, limit: limit).map(Self.listed)
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
