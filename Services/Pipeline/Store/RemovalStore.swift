import Contracts
import Storage

/// Runs that are not kept any more. A run goes at once, with its row; what else there is of it goes after that, in small
/// pieces. Whatever ends the service in between, what is left is found by the row in `removals`.
struct RemovalStore {
    let database: Database

    // MARK: - What is gone

    func find(_ run: RunID) throws -> Removal? {
        try database.row("SELECT * FROM removals WHERE run = ?", [run]).map { row in
            try Removal(
                run: row["run"], serial: row["serial"], repository: row["repository"], number: row["number"],
                removedAt: row["removedAt"])
        }
    }

    /// Whether the run that a trigger made, or was made for, is not kept any more.
    func has(_ trigger: Trigger) throws -> Bool {
        if let run = trigger.run { return try find(run) != nil }
        return try database.row("SELECT 1 FROM removals WHERE trigger = ? LIMIT 1", [trigger.id]) != nil
    }

    /// Removes the row of a run.
    /// - Returns: `false` where it was gone.
    func add(_ run: RunID, now: Timestamp) throws -> Bool {
        try database.execute(
            """
            INSERT INTO removals (run, trigger, serial, repository, number, removedAt)
                SELECT id, trigger, serial, repository, number, CAST(? AS BIGINT) FROM runs WHERE id = ? ON CONFLICT DO NOTHING
            """, [now, run])
        return try database.execute("DELETE FROM runs WHERE id = ?", [run]) > 0
    }

    // MARK: - What is left of it

    /// Removes rows of runs that are gone.
    /// - Parameter limit: how many at most, about.
    /// - Returns: the runs of which no row is left; their logs may be there.
    func purge(limit: Int) throws -> (runs: [RunID], rows: Int) {
        var rows = 0
        var done: [RunID] = []
        let open: [RunID] = try database.values(
            "SELECT run FROM removals WHERE isPurged = 0 ORDER BY removedAt, run LIMIT ?", [max(1, limit / 5)])
        for run in open {
            for delete in Self.parts {
                guard rows < limit else { return (done, rows) }
                rows += try database.execute(delete, [run, limit - rows])
            }
            guard rows < limit else { return (done, rows) }
            rows += try forgetUses(by: run) + database.execute("DELETE FROM runDetails WHERE run = ?", [run])
            done.append(run)
        }
        return (done, rows)
    }

    /// Each takes a run and how many rows at most; those of a table before what they are found by.
    private static let parts = [
        """
        DELETE FROM verdicts WHERE job IN (SELECT verdicts.job FROM verdicts JOIN jobs ON jobs.id = verdicts.job
            WHERE jobs.run = ? LIMIT ?)
        """,
        "DELETE FROM steps WHERE run = ?1 AND id IN (SELECT id FROM steps WHERE run = ?1 ORDER BY id LIMIT ?2)",
        """
        DELETE FROM stages WHERE run = ?1
            AND position IN (SELECT position FROM stages WHERE run = ?1 ORDER BY position LIMIT ?2)
        """,
        "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE run = ? LIMIT ?)",
    ]

    /// That its processes ran in its repository shows by its other runs, or not any more.
    private func forgetUses(by run: RunID) throws -> Int {
        var count = 0
        for row in try database.rows("SELECT digest, repository FROM processRuns WHERE run = ?", [run]) {
            let values: [String] = [try row["digest"], try row["repository"]]
            count += try database.execute(
                "DELETE FROM processRuns WHERE digest = ? AND repository = ? AND run = ?", values + [run.rawValue])
            count += try database.execute(
                """
                DELETE FROM processUses WHERE digest = ?1 AND repository = ?2
                    AND NOT EXISTS (SELECT 1 FROM processRuns WHERE digest = ?1 AND repository = ?2)
                """, values)
        }
        return count
    }

    /// Nothing is left of these.
    func finish(_ runs: [RunID]) throws {
        try database.execute(
            "UPDATE removals SET isPurged = 1 WHERE run IN (SELECT value FROM json_each(?))", [JSONColumn(runs)])
    }

    /// Forgets which runs were removed before a moment.
    /// - Returns: how many, `limit` at most.
    func forget(before moment: Timestamp, limit: Int) throws -> Int {
        try database.execute(
            """
            DELETE FROM removals WHERE isPurged = 1 AND run IN
                (SELECT run FROM removals WHERE removedAt < ? AND isPurged = 1 ORDER BY removedAt LIMIT ?)
            """, [moment, limit])
    }

    // MARK: - Processes

    private static let unused = """
        NOT EXISTS (SELECT 1 FROM componentRevisions WHERE componentRevisions.digest = processes.digest)
        """

    /// Removes processes that no run and no component refers to.
    /// - Returns: how many, `limit` at most.
    func removeProcesses(limit: Int) throws -> Int {
        let digests: [String] = try database.values(
            """
            SELECT digest FROM processes WHERE \(Self.unused)
                AND NOT EXISTS (SELECT 1 FROM processRuns WHERE processRuns.digest = processes.digest) LIMIT ?
            """, [limit])
        for digest in digests {
            try database.execute("DELETE FROM processUses WHERE digest = ?", [digest])
            try database.execute("DELETE FROM processes WHERE digest = ?", [digest])
        }
        return digests.count
    }

    /// How many of some runs refer to each process that is no component's.
    func uses(by runs: [RunID]) throws -> [String: Int] {
        var uses: [String: Int] = [:]
        for row in try database.rows(
            """
            SELECT processRuns.digest, COUNT(*) AS count FROM processRuns
                JOIN processes ON processes.digest = processRuns.digest
            WHERE processRuns.run IN (SELECT value FROM json_each(?)) AND \(Self.unused) GROUP BY processRuns.digest
            """, [JSONColumn(runs)])
        {
            uses[try row["digest"]] = try row["count"]
        }
        return uses
    }

    /// How many runs refer to a process.
    func uses(of digest: String) throws -> Int {
        try database.value("SELECT COUNT(*) FROM processRuns WHERE digest = ?", [digest]) ?? 0
    }

    /// How many processes nothing refers to already.
    func unusedProcesses() throws -> Int {
        try database.value(
            """
            SELECT COUNT(*) FROM processes WHERE \(Self.unused)
                AND NOT EXISTS (SELECT 1 FROM processRuns WHERE processRuns.digest = processes.digest)
            """) ?? 0
    }
}
