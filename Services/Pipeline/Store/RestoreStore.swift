import Contracts
import Storage

/// Which backups the database was put back from, and from where its numbers go on.
///
/// The order of rollouts is that of the runs' serials. Where a rollout goes, the newest is noted, and older ones are
/// refused; so serials have to go on beyond those of a database that is lost. A new database begins with the milliseconds
/// since 1970, and one that was put back goes on from there at least: no database gives as many as one in a millisecond, so
/// that each begins above all that were given before.
struct RestoreStore {
    let database: Database

    static let migration = Migration("2026-11 restores") { database in
        try database.run(
            script: """
                CREATE TABLE restores (
                    id TEXT NOT NULL PRIMARY KEY,
                    at INTEGER NOT NULL,
                    -- When the backup was made.
                    madeAt INTEGER NOT NULL,
                    -- The last number that runs of a repository may have had that the backup does not know.
                    unknownLast INTEGER NOT NULL,
                    -- The newest run of the backup, as long as those are to end that had not; then none.
                    endsUntil INTEGER
                ) WITHOUT ROWID;
                """)
        let isUsed: Bool? = try database.value(
            "SELECT EXISTS (SELECT 1 FROM runs) OR EXISTS (SELECT 1 FROM runNumbers)")
        guard isUsed != true else { return }
        try database.continueNumbers(of: "runs", key: "serial", after: Timestamp.now.milliseconds)
    }

    /// The tables whose numbers somebody may have seen.
    private static let numbered = [
        (table: "runs", key: "serial"), (table: "audit", key: "serial"), (table: "deadLetters", key: "serial"),
    ]

    /// Rounds of comparisons that a repository cannot have had.
    private static let rounds = 1_000_000

    /// Has the database go on beyond what it does not know, as one of its own.
    /// - Returns: the repositories whose runs had numbers, with the last one known and the one that is taken for the last.
    @discardableResult
    func goOn(_ restored: Restored) throws -> [(repository: RepositoryPath, known: Int, last: Int)] {
        // The platform that had it before may still be there: now it is another one.
        try database.execute("DELETE FROM identity")
        let newest: Int64 = try database.value("SELECT MAX(serial) FROM runs") ?? 0
        for (table, key) in Self.numbered {
            let last = restored.lastSerial(after: try database.lastNumber(of: table, key: key) ?? 0)
            try database.continueNumbers(
                of: table, key: key, after: table == "runs" ? max(last, restored.at.milliseconds) : last)
        }
        try database.execute(
            "UPDATE comparedRepositories SET asked = asked + ?1, answered = answered + ?1", [Self.rounds])
        var numbers: [(repository: RepositoryPath, known: Int, last: Int)] = []
        let since = restored.madeAt.adding(.zero - restored.age)
        for row in try database.rows("SELECT repository, last FROM runNumbers ORDER BY repository") {
            let (path, known): (RepositoryPath, Int) = (try row["repository"], try row["last"])
            let recent: Int? = try database.value(
                "SELECT COUNT(*) FROM runs WHERE repository = ? AND createdAt >= ?", [path, since])
            let last = restored.last(after: known, recent: recent ?? 0)
            try database.execute("UPDATE runNumbers SET last = ? WHERE repository = ?", [last, path])
            numbers.append((path, known, last))
        }
        try database.execute(
            "INSERT INTO restores (id, at, madeAt, unknownLast, endsUntil) VALUES (?, ?, ?, ?, ?)",
            [
                restored.id, restored.at, restored.madeAt, restored.skip ?? Restored.leastSkip,
                restored.endsRuns ? newest : nil,
            ])
        return numbers
    }

    /// Whether the database was put back by this restore.
    func has(_ id: String) throws -> Bool {
        try database.value("SELECT EXISTS (SELECT 1 FROM restores WHERE id = ?)", [id]) ?? false
    }

    /// Runs of a backup that are to end.
    struct Ending: Sendable, Equatable {
        var restore: String
        /// When the backup was made.
        var madeAt: Timestamp
        /// The newest run of it.
        var until: Int64
    }

    func ending() throws -> Ending? {
        try database.row("SELECT id, madeAt, endsUntil FROM restores WHERE endsUntil IS NOT NULL ORDER BY at LIMIT 1")
            .map { try Ending(restore: $0["id"], madeAt: $0["madeAt"], until: $0["endsUntil"]) }
    }

    func ended(_ restore: String) throws {
        try database.execute("UPDATE restores SET endsUntil = NULL WHERE id = ?", [restore])
    }

    /// Some of the runs that have not ended, by their serials.
    func open(after serial: Int64, until last: Int64, limit: Int) throws -> [(serial: Int64, id: RunID)] {
        try database.rows(
            """
            SELECT serial, id FROM runs WHERE state IN ('pending', 'running') AND serial > ? AND serial <= ?
            ORDER BY serial LIMIT ?
            """, [serial, last, limit]
        ).map { (try $0["serial"], try $0["id"]) }
    }
}
