import Contracts
import Storage

/// What tells the platform of this database from all others.
struct IdentityStore {
    let database: Database

    static let migration = Migration("2026-11 identity") { database in
        try database.run(
            script: """
                CREATE TABLE identity (
                    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
                    platform TEXT NOT NULL
                );
                """)
        try database.execute("INSERT INTO identity (id, platform) VALUES (1, ?)", [MessageID.make().rawValue])
    }

    func platform() throws -> String {
        guard let platform = try database.value("SELECT platform FROM identity WHERE id = 1") as String? else {
            throw StoreError(.corrupt, "the table identity has no row")
        }
        return platform
    }
}
