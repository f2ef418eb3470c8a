import Contracts
import Storage

/// The rules of pools.
struct PoolStore {
    static let migration = Migration(
        "2026-11 pools",
        sql: """
            CREATE TABLE pools (
                name TEXT NOT NULL PRIMARY KEY,
                rules TEXT NOT NULL,
                updatedBy TEXT NOT NULL,
                updatedAt INTEGER NOT NULL
            ) WITHOUT ROWID;
            """)

    let database: Database

    func all() throws -> [Pool] { try database.rows("SELECT * FROM pools ORDER BY name").map(Self.pool) }

    func find(_ name: String) throws -> Pool? {
        try database.row("SELECT * FROM pools WHERE name = ?", [name]).map(Self.pool)
    }

    func save(_ pool: Pool) throws {
        try database.execute(
            """
            INSERT INTO pools (name, rules, updatedBy, updatedAt) VALUES (?, ?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET rules = excluded.rules, updatedBy = excluded.updatedBy,
                updatedAt = excluded.updatedAt
            """, [pool.name, JSONColumn(pool.rules), pool.updatedBy, pool.updatedAt])
    }

    /// - Returns: `false` where there is none.
    func remove(_ name: String) throws -> Bool {
        try database.execute("DELETE FROM pools WHERE name = ?", [name]) > 0
    }

    private static func pool(_ row: Row) throws -> Pool {
        guard let rules: PoolRules = try row.json("rules") else {
            throw StoreError(.corrupt, "the pool “\(try row["name"] as String)” has no rules")
        }
        return try Pool(name: row["name"], rules: rules, updatedBy: row["updatedBy"], updatedAt: row["updatedAt"])
    }
}
