import Contracts
import Storage

/// What tells the platform of this database from all others.
struct IdentityStore {
    let database: Database

    static let migration = Migration(
        "2026-11 identity",
        sql: """
            -- One row from the first start on.
            CREATE TABLE identity (
                id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
                platform TEXT NOT NULL
            );
            """)

    /// The database's id; `nil` before the first start.
    func known() throws -> String? { try database.value("SELECT platform FROM identity WHERE id = 1") }

    /// The database's id, made the first time.
    func platform() throws -> String {
        if let known = try known() { return known }
        let platform = MessageID.make().rawValue
        try database.execute("INSERT INTO identity (id, platform) VALUES (1, ?)", [platform])
        return platform
    }
}
