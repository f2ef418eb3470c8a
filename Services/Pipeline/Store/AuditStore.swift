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
                entry.repository, entry.run, entry.before.map { JSONColumn($0) }, entry.after.map { JSONColumn($0) },
            ])
    }

    /// The newest first.
    /// - Parameter before: the `next` of an earlier page.
    func page(_ query: AuditQuery, before: Int64? = nil, limit: Int) throws -> Page<AuditView> {
        var clauses = ["serial < ?"]
        var arguments: [any DatabaseValueConvertible] = [before ?? .max]
        func only(_ column: String, _ value: (any DatabaseValueConvertible)?, _ comparison: String = "=") {
            guard let value else { return }
            clauses.append("\(column) \(comparison) ?")
            arguments.append(value)
        }
        only("account", query.account)
        only("operation", query.operation)
        only("repository", query.repository)
        only("origin", query.origin)
        only("at", query.since, ">=")
        only("at", query.until, "<")
        let visible = query.visibility.condition(on: "repository")
        clauses.append(visible.sql)
        arguments += visible.arguments
        let rows = try database.rows(
            "SELECT * FROM audit WHERE \(clauses.joined(separator: " AND ")) ORDER BY serial DESC LIMIT ?",
            arguments + [limit + 1])
        let shown = rows.prefix(limit)
        let last: Int64? = try shown.last?["serial"]
        return Page(items: try shown.map(Self.view), next: rows.count > limit ? last.map(String.init) : nil)
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
