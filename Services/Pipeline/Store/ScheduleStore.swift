import Contracts
import Storage

/// The schedules of repositories.
struct ScheduleStore {
    static let migration = Migration(
        "2026-11 schedules",
        sql: """
            CREATE TABLE schedules (
                repository TEXT NOT NULL REFERENCES repositories (path) ON DELETE CASCADE,
                name TEXT NOT NULL,
                -- What its runs are known by; see runs.trigger, of which there is one each.
                id TEXT NOT NULL,
                expression TEXT NOT NULL,
                zone TEXT NOT NULL,
                -- None for the default branch.
                branch TEXT,
                parameters TEXT NOT NULL,
                missed TEXT NOT NULL,
                pausedBy TEXT,
                -- When it is due; none where it starts no run.
                nextAt INTEGER,
                -- What the clock said when that was found.
                lookedAt INTEGER NOT NULL,
                problem TEXT,
                lastRun TEXT,
                lastAt INTEGER,
                updatedBy TEXT NOT NULL,
                updatedAt INTEGER NOT NULL,
                PRIMARY KEY (repository, name)
            ) WITHOUT ROWID;
            CREATE INDEX schedulesByTime ON schedules (nextAt) WHERE nextAt IS NOT NULL;
            CREATE INDEX schedulesByLook ON schedules (lookedAt) WHERE nextAt IS NOT NULL;
            """)

    let database: Database

    /// By name.
    func all(of repository: RepositoryPath) throws -> [Schedule] {
        try database.rows("\(Self.selection) WHERE repository = ? ORDER BY name", [repository]).map(Self.schedule)
    }

    func find(_ name: String, of repository: RepositoryPath) throws -> Schedule? {
        try database.row("\(Self.selection) WHERE repository = ? AND name = ?", [repository, name]).map(Self.schedule)
    }

    func count(of repository: RepositoryPath) throws -> Int {
        try database.value("SELECT COUNT(*) FROM schedules WHERE repository = ?", [repository]) ?? 0
    }

    func save(_ schedule: Schedule) throws {
        try database.execute(
            """
            INSERT INTO schedules (repository, name, id, expression, zone, branch, parameters, missed, pausedBy, nextAt,
                lookedAt, problem, lastRun, lastAt, updatedBy, updatedAt)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (repository, name) DO UPDATE SET id = excluded.id, expression = excluded.expression,
                zone = excluded.zone, branch = excluded.branch, parameters = excluded.parameters,
                missed = excluded.missed, pausedBy = excluded.pausedBy, nextAt = excluded.nextAt,
                lookedAt = excluded.lookedAt, problem = excluded.problem, lastRun = excluded.lastRun,
                lastAt = excluded.lastAt, updatedBy = excluded.updatedBy, updatedAt = excluded.updatedAt
            """,
            [
                schedule.repository, schedule.name, schedule.id, schedule.expression, schedule.zone, schedule.branch,
                JSONColumn(schedule.parameters), schedule.missed.rawValue, schedule.pausedBy.map(JSONColumn.init),
                schedule.next, schedule.lookedAt, schedule.problem, schedule.lastRun, schedule.lastAt,
                JSONColumn(schedule.updatedBy), schedule.updatedAt,
            ])
    }

    /// - Returns: whether there was one.
    func remove(_ name: String, of repository: RepositoryPath) throws -> Bool {
        try database.execute("DELETE FROM schedules WHERE repository = ? AND name = ?", [repository, name]) > 0
    }

    // MARK: - Time

    /// Which schedule, and when it was due.
    struct Key: Sendable, Equatable {
        var repository: RepositoryPath
        var name: String
        var next: Timestamp?
    }

    /// When one is to be looked at, or `nil`: when the first is due, or now where the clock was put back.
    func nextLook(now: Timestamp) throws -> Timestamp? {
        let isBack = try database.row(
            "SELECT 1 FROM schedules WHERE nextAt IS NOT NULL AND lookedAt > ? LIMIT 1", [now.adding(Schedule.skew)])
        if isBack != nil { return now }
        return try database.value("SELECT MIN(nextAt) FROM schedules WHERE nextAt IS NOT NULL")
    }

    /// Those that are to be looked at, the earliest first.
    func due(now: Timestamp) throws -> [Key] {
        try keys("nextAt <= ? OR nextAt IS NOT NULL AND lookedAt > ?", [now, now.adding(Schedule.skew)])
    }

    /// Those that start no run any more, for a problem.
    func stopped() throws -> [Key] { try keys("nextAt IS NULL AND pausedBy IS NULL", []) }

    /// Without what may not be readable of one.
    private func keys(_ condition: String, _ arguments: [(any DatabaseValueConvertible)?]) throws -> [Key] {
        try database.rows(
            "SELECT repository, name, nextAt FROM schedules WHERE \(condition) ORDER BY nextAt, repository, name",
            arguments
        ).map { try Key(repository: $0["repository"], name: $0["name"], next: $0["nextAt"]) }
    }

    /// Has a schedule go on from what it was.
    /// - Returns: `false` where another process has, or a person has changed it.
    func advance(_ schedule: Schedule, from known: Schedule) throws -> Bool {
        try database.execute(
            """
            UPDATE schedules SET nextAt = ?, lookedAt = ?, problem = ?, lastRun = ?, lastAt = ?
            WHERE repository = ? AND name = ? AND COALESCE(nextAt, -1) = ? AND updatedAt = ?
            """,
            [
                schedule.next, schedule.lookedAt, schedule.problem, schedule.lastRun, schedule.lastAt,
                schedule.repository, schedule.name, known.next?.milliseconds ?? -1, known.updatedAt,
            ]) > 0
    }

    /// Stops one that cannot be read.
    func stop(_ key: Key, _ problem: String) throws {
        try database.execute(
            "UPDATE schedules SET nextAt = NULL, problem = ? WHERE repository = ? AND name = ?",
            [problem, key.repository, key.name])
    }

    /// Whether a run was made that is known by this, kept or not.
    func hasFired(_ trigger: MessageID) throws -> Bool {
        try database.row(
            "SELECT 1 FROM runs WHERE trigger = ? UNION ALL SELECT 1 FROM removals WHERE trigger = ? LIMIT 1",
            [trigger, trigger]) != nil
    }

    /// With the newest run as long as it is kept.
    private static let selection = """
        SELECT schedules.*, (SELECT runs.id FROM runs WHERE runs.id = schedules.lastRun) AS keptRun FROM schedules
        """

    private static func schedule(_ row: Row) throws -> Schedule {
        let missed: String = try row["missed"]
        return try Schedule(
            id: row["id"], repository: row["repository"], name: row["name"], expression: row["expression"],
            zone: row["zone"], branch: row["branch"], parameters: row.json("parameters") ?? [:],
            missed: MissedFirings(rawValue: missed) ?? .catchUp, pausedBy: row.json("pausedBy"), next: row["nextAt"],
            lookedAt: row["lookedAt"], problem: row["problem"], lastRun: row["keptRun"], lastAt: row["lastAt"],
            updatedBy: row.json("updatedBy") ?? Caller(account: ""), updatedAt: row["updatedAt"])
    }
}
