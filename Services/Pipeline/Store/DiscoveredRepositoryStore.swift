import Contracts
import Storage

/// Repositories that are pushed to and not registered, so that people see them and can add them.
struct DiscoveredRepositoryStore {
    static let migration = Migration(
        "2026-11 discovered repositories",
        sql: """
            CREATE TABLE discoveredRepositories (
                path TEXT NOT NULL PRIMARY KEY,
                cloneURL TEXT,
                defaultBranch TEXT,
                ref TEXT NOT NULL,
                sender TEXT,
                pushes INTEGER NOT NULL,
                firstPushAt INTEGER NOT NULL,
                lastPushAt INTEGER NOT NULL
            ) WITHOUT ROWID;
            """)

    let database: Database

    /// As many are kept; of more those that were pushed to longest ago go.
    static let limit = 500

    /// A push of one came.
    func note(_ push: SyncFailed, now: Timestamp) throws {
        let trigger = push.trigger
        try database.execute(
            """
            INSERT INTO discoveredRepositories
                (path, cloneURL, forge, defaultBranch, ref, sender, pushes, firstPushAt, lastPushAt)
            VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?)
            ON CONFLICT (path) DO UPDATE SET cloneURL = excluded.cloneURL, forge = excluded.forge,
                defaultBranch = excluded.defaultBranch,
                ref = excluded.ref, sender = excluded.sender, pushes = discoveredRepositories.pushes + 1, lastPushAt = excluded.lastPushAt
            """,
            [
                trigger.repository, push.cloneURL.flatMap { CloneURL.isUsable($0) ? $0 : nil },
                trigger.origin?.forge, push.defaultBranch, trigger.ref, trigger.sender, now, now,
            ])
        try database.execute(
            """
            DELETE FROM discoveredRepositories WHERE path NOT IN
                (SELECT path FROM discoveredRepositories ORDER BY lastPushAt DESC, path LIMIT ?)
            """, [Self.limit])
    }

    /// It is registered now.
    func forget(_ path: RepositoryPath) throws {
        try database.execute("DELETE FROM discoveredRepositories WHERE path = ?", [path])
    }

    /// The one pushed to last first.
    func all() throws -> [DiscoveredRepositoryView] {
        try database.rows("SELECT * FROM discoveredRepositories ORDER BY lastPushAt DESC, path").map {
            row in
            try DiscoveredRepositoryView(
                path: row["path"], cloneURL: row["cloneURL"], forge: row["forge"],
                defaultBranch: row["defaultBranch"], ref: row["ref"], sender: row["sender"], pushes: row["pushes"],
                firstPushAt: row["firstPushAt"],
                lastPushAt: row["lastPushAt"])
        }
    }
}
