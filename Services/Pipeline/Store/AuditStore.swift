import Contracts
import Storage

/// The audit log: rows that are added with the change they tell of, and pruned by age alone.
struct AuditStore {
    static let migration = Migration(
        "2026-11 audit",
        sql: """
            CREATE TABLE audit (
                serial INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
                at INTEGER NOT NULL,
                account TEXT NOT NULL,
                token TEXT,
                via TEXT NOT NULL,
                origin TEXT,
                operation TEXT NOT NULL,
                subject TEXT NOT NULL,
                repository TEXT,
                run TEXT,
                was TEXT,
                became TEXT
            );
            CREATE INDEX auditByAccount ON audit (account, serial);
            CREATE INDEX auditByOperation ON audit (operation, serial);
            CREATE INDEX auditByRepository ON audit (repository, serial) WHERE repository IS NOT NULL;
            CREATE INDEX auditByTime ON audit (at);
            """)

    static let complete = Migration(
        "2026-11 complete audit",
        sql: """
            CREATE INDEX auditByOrigin ON audit (origin, serial) WHERE origin IS NOT NULL;

            -- What an upgrade gave to tokens of before the log was kept.
            INSERT INTO audit (at, account, via, operation, subject, became)
                SELECT grantedAt, 'the platform', 'platform', 'role.upgrade', holder,
                    '{"role":"' || role || '","scope":"' || scope || '"}'
                FROM grants WHERE grantedBy = 'the platform' ORDER BY holder;
            """)

    let database: Database

    func add(_ entry: AuditEntry) throws {
        try database.execute(
            """
            INSERT INTO audit (at, account, token, via, origin, operation, subject, repository, run, was, became)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                entry.at, entry.account, entry.token, entry.via, entry.origin, entry.operation, entry.subject,
                entry.repository, entry.run, try entry.before.map(Self.bounded), try entry.after.map(Self.bounded),
            ])
    }

    /// What is kept of what was and became, in bytes.
    static let longest = 64 << 10

    /// Of what is longer, how long it is.
    private static func bounded(_ value: JSONValue) throws -> JSONColumn<JSONValue> {
        let length = try Wire.encode(value).count
        return JSONColumn(length <= longest ? value : ["bytes": .integer(Int64(length))])
    }

    /// The newest first.
    /// - Parameter before: the `next` of an earlier page.
    func page(_ query: AuditQuery, before: Int64? = nil, limit: Int) throws -> Page<AuditView> {
        let rows = try rows(query, before: before ?? .max, limit: limit + 1)
        let shown = rows.prefix(limit)
        let last: Int64? = try shown.last?["serial"]
        return Page(items: try shown.map(Self.view), next: rows.count > limit ? last.map(String.init) : nil)
    }

    /// The oldest first: as many as are asked for, or some more, until there are no more.
    /// - Parameter entry: only those after it.
    func list(_ query: AuditQuery, after entry: Int64, limit: Int) throws -> [AuditView] {
        let visibility = query.visibility
        var entries = self.entries(query)
        entries.only("repository =", query.repository)
        if !visibility.isAll {
            for (comparison, bound) in zip(["repository >=", "repository <="], visibility.bounds) {
                entries.only(comparison, bound)
            }
        }
        var found: [AuditView] = []
        var last = entry
        while found.count < limit {
            let next = try entries.rows(after: last, limit: limit).map(Self.view)
            found += next.filter { entry in visibility.isAll || entry.repository.map(visibility.coversPlace) ?? false }
            guard next.count == limit, let newest = next.last else { break }
            last = newest.id
        }
        return found
    }

    private func rows(_ query: AuditQuery, before: Int64, limit: Int) throws -> [Row] {
        let visibility = query.visibility
        var entries = self.entries(query)
        if let path = query.repository {
            guard visibility.isAll || visibility.coversPlace(path) else { return [] }
            entries.only("repository =", path)
        } else if !visibility.isAll {
            return try entries.rows(of: repositories(visibility), before: before, limit: limit)
        }
        return try entries.rows(before: before, limit: limit)
    }

    /// Those of all repositories.
    private func entries(_ query: AuditQuery) -> NewestRows {
        var entries = NewestRows(of: "audit", in: database)
        entries.only("account =", query.account)
        entries.only("operation =", query.operation)
        entries.only("origin =", query.origin)
        entries.only("at >=", query.since)
        entries.only("at <", query.until)
        return entries
    }

    /// Those that have entries, each found by one look at an index.
    private func repositories(_ visibility: Visibility) throws -> [String] {
        try database.values(
            """
            WITH RECURSIVE found (repository) AS (
                SELECT MIN(repository) FROM audit WHERE repository >= ?1 AND repository <= ?2
                UNION ALL
                SELECT (SELECT MIN(repository) FROM audit WHERE repository > found.repository AND repository <= ?2)
                FROM found WHERE found.repository IS NOT NULL
            )
            SELECT repository FROM found WHERE repository IS NOT NULL
            """, visibility.bounds
        ).filter { visibility.coversPlace(RepositoryPath(rawValue: $0)) }
    }

    /// Forgets some of what is older than a moment.
    /// - Returns: how many it were.
    func prune(before moment: Timestamp) throws -> Int {
        try database.execute(
            "DELETE FROM audit WHERE serial IN (SELECT serial FROM audit WHERE at < ? ORDER BY at LIMIT 1000)", [moment]
        )
    }

    private static func view(_ row: Row) throws -> AuditView {
        try AuditView(
            id: row["serial"], at: row["at"], account: row["account"], token: row["token"], via: row["via"],
            origin: row["origin"], operation: row["operation"], subject: row["subject"], repository: row["repository"],
            run: row["run"], before: row.json("was"), after: row.json("became"))
    }
}
