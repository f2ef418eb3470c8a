import Contracts
import Storage

/// What retention judges runs by, and the rules of repositories.
struct RetentionStore {
    static let migration = Migration("2026-11 retention") { database in
        try database.run(
            script: """
                -- How long its logs are on the disk; none where that was not measured yet.
                ALTER TABLE runs ADD COLUMN logBytes INTEGER;
                -- How far time had surely come when it was made and when it ended; none where that was not kept yet.
                ALTER TABLE runs ADD COLUMN createdAge INTEGER;
                ALTER TABLE runs ADD COLUMN endedAge INTEGER;
                CREATE INDEX runsByLogBytes ON runs (logBytes) WHERE logBytes > 0;
                CREATE INDEX runsUnmeasured ON runs (serial) WHERE logBytes IS NULL;
                CREATE INDEX runsGood ON runs (repository, ref, serial) WHERE state = 'success';
                CREATE INDEX jobsByRollout ON jobs (workload, repository, sequence) WHERE workload IS NOT NULL;
                CREATE INDEX newestRolloutsByRun ON newestRollouts (run);

                -- Which runs refer to a process.
                CREATE TABLE processRuns (
                    digest TEXT NOT NULL,
                    repository TEXT NOT NULL,
                    run TEXT NOT NULL,
                    PRIMARY KEY (digest, repository, run)
                ) WITHOUT ROWID;
                CREATE INDEX processRunsByRun ON processRuns (run);

                -- Runs that are not kept any more, until nothing comes late of them. What is left of one that is not purged
                -- is to be removed.
                CREATE TABLE removals (
                    run TEXT NOT NULL PRIMARY KEY,
                    trigger TEXT NOT NULL,
                    serial INTEGER NOT NULL,
                    repository TEXT NOT NULL,
                    number INTEGER NOT NULL,
                    removedAt INTEGER NOT NULL,
                    isPurged INTEGER NOT NULL DEFAULT 0
                ) WITHOUT ROWID;
                CREATE INDEX removalsByTrigger ON removals (trigger);
                CREATE INDEX removalsByTime ON removals (removedAt);
                CREATE INDEX removalsOpen ON removals (removedAt, run) WHERE isPurged = 0;

                CREATE TABLE retentionRules (
                    repository TEXT NOT NULL PRIMARY KEY,
                    rules TEXT NOT NULL,
                    updatedBy TEXT NOT NULL,
                    updatedAt INTEGER NOT NULL
                ) WITHOUT ROWID;

                -- What one process of the service does for all of them, and until when it is that one's.
                CREATE TABLE duties (
                    name TEXT NOT NULL PRIMARY KEY,
                    holder TEXT NOT NULL,
                    heldUntil INTEGER NOT NULL,
                    -- When a person last asked for it.
                    askedAt INTEGER
                ) WITHOUT ROWID;

                -- What a database is known by to the folder of its logs.
                CREATE TABLE marks (
                    name TEXT NOT NULL PRIMARY KEY,
                    value TEXT NOT NULL
                ) WITHOUT ROWID;
                """)
        for column in ["choice", "given"] {
            let digest =
                database.dialect == .sqlite
                ? "json_extract(\(column), '$.digest')" : "(\(column)::jsonb ->> 'digest')"
            try database.execute(
                """
                INSERT INTO processRuns (digest, repository, run)
                    SELECT digest, repository, id FROM (
                        SELECT \(digest) AS digest, runs.repository AS repository, runs.id AS id
                        FROM runDetails JOIN runs ON runs.id = runDetails.run WHERE \(column) IS NOT NULL
                    ) AS uses WHERE digest IS NOT NULL AND digest <> '' ON CONFLICT DO NOTHING
                """)
        }
    }

    let database: Database

    // MARK: - Rules

    func rules(of repository: RepositoryPath) throws -> RetentionRules? {
        try database.row("SELECT rules FROM retentionRules WHERE repository = ?", [repository])?.json("rules")
    }

    /// Those of every repository that has any.
    func rules() throws -> [RepositoryPath: RetentionRules] {
        var found: [RepositoryPath: RetentionRules] = [:]
        for row in try database.rows("SELECT repository, rules FROM retentionRules") {
            found[try row["repository"]] = try row.json("rules")
        }
        return found
    }

    /// - Parameter rules: none at all where all is as the platform's settings say.
    func save(_ rules: RetentionRules, of repository: RepositoryPath, by name: String, now: Timestamp) throws {
        guard !rules.isEmpty else {
            try database.execute("DELETE FROM retentionRules WHERE repository = ?", [repository])
            return
        }
        try database.execute(
            """
            INSERT INTO retentionRules (repository, rules, updatedBy, updatedAt) VALUES (?, ?, ?, ?)
            ON CONFLICT (repository) DO UPDATE SET rules = excluded.rules, updatedBy = excluded.updatedBy,
                updatedAt = excluded.updatedAt
            """, [repository, JSONColumn(rules), name, now])
    }

    // MARK: - Runs

    /// The repositories that ever had a run.
    func repositories() throws -> [RepositoryPath] {
        try database.values("SELECT repository FROM runNumbers ORDER BY repository")
    }

    func count(of repository: RepositoryPath) throws -> Int {
        try database.value("SELECT COUNT(*) FROM runs WHERE repository = ?", [repository]) ?? 0
    }

    /// How long the logs of a repository's runs are, or of all.
    func logBytes(of repository: RepositoryPath? = nil) throws -> Int64 {
        let sql = "SELECT COALESCE(CAST(SUM(logBytes) AS BIGINT), 0) FROM runs WHERE logBytes > 0"
        guard let repository else { return try database.value(sql) ?? 0 }
        return try database.value("\(sql) AND repository = ?", [repository]) ?? 0
    }

    /// The next runs of a repository, or of all those that have logs, the oldest first.
    /// - Parameter now: how far time has surely come.
    func page(
        of repository: RepositoryPath?, after serial: Int64, limit: Int, now: Timestamp
    ) throws -> [RetentionScan.Candidate] {
        let (condition, values): (String, [any DatabaseValueConvertible]) =
            repository.map { ("runs.repository = ?", [$0]) } ?? ("runs.logBytes > 0", [])
        return try database.rows(
            "\(Self.candidates) WHERE \(condition) AND runs.serial > ? ORDER BY runs.serial LIMIT ?",
            values + [serial, limit]
        ).map { try Self.candidate($0, now: now) }
    }

    /// Those that are still there.
    /// - Parameter now: how far time has surely come.
    func candidates(_ runs: [RunID], now: Timestamp) throws -> [RetentionScan.Candidate] {
        try database.rows(
            "\(Self.candidates) WHERE runs.id IN (SELECT value FROM json_each(?)) ORDER BY runs.serial",
            [JSONColumn(runs)]
        ).map { try Self.candidate($0, now: now) }
    }

    /// Whether the rollout of a job went well.
    private static func wentWell(_ job: String) -> String {
        """
        EXISTS (SELECT 1 FROM steps WHERE steps.run = \(job).run AND steps.stage = \(job).stage
            AND steps.job = \(job).id AND steps.state = 'success')
        """
    }

    static let candidates = """
        SELECT runs.serial, runs.id, runs.repository, runs.number, runs.state, runs.createdAt, runs.finishedAt,
            runs.createdAge, runs.endedAge,
            COALESCE(runs.logBytes, 0) AS logBytes,
            (runs.state = 'success' AND runs.ref LIKE 'refs/heads/%' AND NOT EXISTS (
                SELECT 1 FROM runs AS newer WHERE newer.repository = runs.repository AND newer.ref = runs.ref
                    AND newer.serial > runs.serial AND newer.state = 'success')) AS isLastGood,
            (repositories.defaultBranch IS NOT NULL AND runs.ref = 'refs/heads/' || repositories.defaultBranch)
                AS isOfDefaultBranch,
            (EXISTS (SELECT 1 FROM newestRollouts WHERE newestRollouts.run = runs.id) OR EXISTS (
                SELECT 1 FROM jobs AS own WHERE own.run = runs.id AND own.workload IS NOT NULL AND \(wentWell("own"))
                    AND NOT EXISTS (
                        SELECT 1 FROM jobs AS newer WHERE newer.workload = own.workload
                            AND newer.repository = own.repository AND newer.sequence > own.sequence
                            AND \(wentWell("newer"))))) AS isDeployed,
            EXISTS (SELECT 1 FROM jobs WHERE jobs.run = runs.id
                AND jobs.state IN ('waiting', 'held', 'queued', 'leased')) AS isAtWork
        FROM runs LEFT JOIN repositories ON repositories.path = runs.repository
        """

    private static func candidate(_ row: Row, now: Timestamp) throws -> RetentionScan.Candidate {
        let state: RunState = try row["state"]
        let createdAt: Timestamp = try row["createdAt"]
        let age: Timestamp = try row["createdAge"] ?? min(createdAt, now)
        // What was written while the clock was ahead, or behind, says nothing.
        let finishedAt = try (row["finishedAt"] as Timestamp?).flatMap { $0 <= now ? $0 : nil } ?? age
        let endedAt = max(finishedAt, age, try row["endedAge"] ?? age)
        return try RetentionScan.Candidate(
            id: row["id"], serial: row["serial"], repository: row["repository"], number: row["number"],
            createdAt: createdAt, age: age, endedAt: state.isFinal ? endedAt : nil,
            isAtWork: row["isAtWork"], isLastGood: row["isLastGood"], isOfDefaultBranch: row["isOfDefaultBranch"],
            isDeployed: row["isDeployed"], logBytes: row["logBytes"])
    }

    // MARK: - Logs

    /// Runs that ended before a moment and whose logs nobody has measured, the oldest first.
    func unmeasured(before moment: Timestamp, after serial: Int64, limit: Int) throws -> [(serial: Int64, id: RunID)] {
        try database.rows(
            """
            SELECT serial, id FROM runs WHERE logBytes IS NULL AND serial > ? AND (finishedAt <= ? OR endedAge <= ?)
                AND state IN ('success', 'failure', 'cancelled', 'skipped') ORDER BY serial LIMIT ?
            """, [serial, moment, moment, limit]
        ).map { (try $0["serial"], try $0["id"]) }
    }

    func save(logBytes: Int64, of run: RunID) throws {
        try database.execute("UPDATE runs SET logBytes = ? WHERE id = ?", [logBytes, run])
    }

    /// Those of some runs that there are none of.
    func unknown(_ runs: [RunID]) throws -> [RunID] {
        try database.values(
            "SELECT value FROM json_each(?) WHERE NOT EXISTS (SELECT 1 FROM runs WHERE runs.id = value)",
            [JSONColumn(runs)])
    }

    /// What this database is known by to the folder of its logs.
    func mark() throws -> String {
        try database.execute(
            "INSERT INTO marks (name, value) VALUES ('logs', ?) ON CONFLICT DO NOTHING", [MessageID.make()])
        return try database.value("SELECT value FROM marks WHERE name = 'logs'") ?? ""
    }

    // MARK: - Duties

    /// Has a process of the service do what is done by one at a time.
    /// - Parameter time: how long it is that one's. Where it says so for longer, its clock was another.
    /// - Returns: `false` while it is another one's.
    func take(_ duty: String, by holder: String, for time: Duration, now: Timestamp) throws -> Bool {
        try database.execute(
            """
            INSERT INTO duties (name, holder, heldUntil) VALUES (?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, heldUntil = excluded.heldUntil
                WHERE duties.holder = excluded.holder OR duties.heldUntil <= ? OR duties.heldUntil > ?
            """, [duty, holder, now.adding(time), now, now.adding(time * 2)]) > 0
    }

    func release(_ duty: String, by holder: String) throws {
        try database.execute("UPDATE duties SET heldUntil = 0 WHERE name = ? AND holder = ?", [duty, holder])
    }

    /// Notes that a person asked for it.
    func ask(for duty: String, now: Timestamp) throws {
        try database.execute(
            """
            INSERT INTO duties (name, holder, heldUntil, askedAt) VALUES (?, '', 0, ?)
            ON CONFLICT (name) DO UPDATE SET askedAt = excluded.askedAt
            """, [duty, now])
    }
}
