import Contracts
import Storage

/// The workers, as they announced themselves.
struct WorkerStore {
    let database: Database

    /// Its migration.
    static let migration = Migration(
        "2026-11 workers",
        sql: """
            CREATE TABLE workers (
                name TEXT NOT NULL PRIMARY KEY,
                life TEXT NOT NULL,
                pool TEXT NOT NULL,
                cluster TEXT,
                labels TEXT NOT NULL,
                slots INTEGER NOT NULL,
                version TEXT NOT NULL,
                problem TEXT,
                since INTEGER NOT NULL,
                heardAt INTEGER NOT NULL
            ) WITHOUT ROWID;
            """)

    /// A name is a worker's within its pool or cluster: whoever may announce workers of one says nothing of another's. All
    /// of them announce themselves anew within half a minute.
    static let byQueue = Migration(
        "2026-11 workers by queue",
        sql: """
            DROP TABLE workers;
            CREATE TABLE workers (
                queue TEXT NOT NULL,
                name TEXT NOT NULL,
                life TEXT NOT NULL,
                labels TEXT NOT NULL,
                slots INTEGER NOT NULL,
                version TEXT NOT NULL,
                problem TEXT,
                since INTEGER NOT NULL,
                heardAt INTEGER NOT NULL,
                keys TEXT,
                PRIMARY KEY (queue, name)
            ) WITHOUT ROWID;
            """)

    static let drains = Migration(
        "2026-11 drains",
        sql: """
            -- Workers that are given no more jobs, by their names, also while they are away.
            CREATE TABLE drains (
                name TEXT NOT NULL PRIMARY KEY,
                account TEXT NOT NULL,
                at INTEGER NOT NULL
            ) WITHOUT ROWID;
            """)

    private static let drained = "(SELECT account FROM drains WHERE drains.name = workers.name) AS drainedBy"

    /// Who has a worker drained; `nil` where nobody has.
    func drainer(of name: String) throws -> String? {
        try database.value("SELECT account FROM drains WHERE name = ?", [name])
    }

    func drain(_ name: String, by account: String, at now: Timestamp) throws {
        try database.execute(
            "INSERT INTO drains (name, account, at) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING",
            [name, account, now])
    }

    /// - Returns: whether it was drained.
    func resume(_ name: String) throws -> Bool {
        try database.execute("DELETE FROM drains WHERE name = ?", [name]) > 0
    }

    /// Whether there is a worker of this name, or was of late.
    func isKnown(_ name: String) throws -> Bool {
        try database.row("SELECT 1 FROM workers WHERE name = ?", [name]) != nil
    }

    /// How long one that is gone is remembered.
    private static let memory = Duration.seconds(86_400)

    func find(_ name: String, of queue: String) throws -> Worker? {
        try database.row("SELECT *, \(Self.drained) FROM workers WHERE queue = ? AND name = ?", [queue, name]).map(
            Self.worker)
    }

    func all() throws -> [Worker] {
        try database.rows("SELECT *, \(Self.drained) FROM workers ORDER BY queue, name").map(Self.worker)
    }

    /// The jobs that those take who have been heard of of late.
    func scopes(at now: Timestamp) throws -> Set<WorkerScope> {
        try Set(
            database.rows(
                "SELECT DISTINCT queue, labels FROM workers WHERE heardAt > ? AND heardAt <= ?", Self.heard(at: now)
            ).map { JobRouting.scope(queue: try $0["queue"], labels: try $0.json("labels") ?? []) })
    }

    /// Those that have been heard of of late.
    func heard(at now: Timestamp) throws -> [Worker] {
        try database.rows(
            "SELECT *, \(Self.drained) FROM workers WHERE heardAt > ? AND heardAt <= ? ORDER BY name",
            Self.heard(at: now)
        )
        .map(Self.worker)
    }

    /// After and until when those have said something that are there; see ``Worker/isHeard(at:)``.
    private static func heard(at now: Timestamp) -> [any DatabaseValueConvertible] {
        [now.adding(.zero - Worker.patience), now.adding(Worker.foresight)]
    }

    func save(_ worker: Worker) throws {
        try database.execute(
            """
            INSERT INTO workers (queue, name, life, labels, slots, version, problem, since, heardAt, keys)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (queue, name) DO UPDATE SET life = excluded.life, labels = excluded.labels,
                slots = excluded.slots, version = excluded.version, problem = excluded.problem, since = excluded.since,
                heardAt = excluded.heardAt, keys = excluded.keys
            """,
            [
                worker.scope.queue, worker.name, worker.life, JSONColumn(worker.scope.labels), worker.slots,
                worker.version, worker.problem, worker.since, worker.heardAt, worker.keys.map { JSONColumn($0) },
            ])
    }

    func remove(_ name: String, of queue: String) throws {
        try database.execute("DELETE FROM workers WHERE queue = ? AND name = ?", [queue, name])
    }

    /// Forgets those that have long been gone.
    func prune(now: Timestamp) throws {
        try database.execute("DELETE FROM workers WHERE heardAt < ?", [now.adding(.zero - Self.memory)])
    }

    /// How many are remembered of one queue: who may announce some could announce any number.
    static let limit = 2_000

    /// Forgets those of a queue that were not heard of for the longest time, where there are more than may be.
    func bound(_ queue: String) throws {
        try database.execute(
            """
            DELETE FROM workers WHERE queue = ?1 AND name IN
                (SELECT name FROM workers WHERE queue = ?1 ORDER BY heardAt DESC, name LIMIT 1000000 OFFSET ?2)
            """, [queue, Self.limit])
    }

    /// Whether one that bears no login had jobs of a queue before the upgrade.
    func isFormer(_ name: String, of queue: String) throws -> Bool {
        try database.row("SELECT 1 FROM formerWorkers WHERE queue = ? AND name = ?", [queue, name]) != nil
    }

    /// One that was updated bears its login from now on.
    func forgetFormer(_ name: String, of queue: String) throws {
        try database.execute("DELETE FROM formerWorkers WHERE queue = ? AND name = ?", [queue, name])
    }

    /// Takes all of them to have been heard of now: while this service or the broker was away nobody could be.
    func excuse(now: Timestamp) throws {
        try database.execute("UPDATE workers SET heardAt = ? WHERE heardAt < ?", [now, now])
    }

    private static func worker(_ row: Row) throws -> Worker {
        try Worker(
            name: row["name"], life: row["life"],
            scope: JobRouting.scope(queue: row["queue"], labels: row.json("labels") ?? []),
            slots: row["slots"], version: row["version"], problem: row["problem"], since: row["since"],
            heardAt: row["heardAt"], keys: row.json("keys"), drainedBy: row["drainedBy"])
    }
}
