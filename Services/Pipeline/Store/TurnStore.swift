import Contracts
import FoundationEssentials
import Messaging
import PipelineLanguage
import Storage

/// Which repositories have jobs that wait for the same workers, and when each was last served: whoever has waited longest
/// since is next. A claim is one look at the first row of an index, however many jobs wait.
struct TurnStore {
    let database: Database

    static let migration = Migration("2026-11 turns") { database in
        try database.run(
            script: """
                -- Who asked for it and may ask again, and in which of its worker's lives.
                ALTER TABLE jobs ADD COLUMN claim TEXT;
                ALTER TABLE jobs ADD COLUMN life TEXT;
                -- The trace of the push that led to it: a wake may be another job's.
                ALTER TABLE jobs ADD COLUMN trace TEXT;
                -- What a builder has to be labelled with: with the queue it says which workers take it.
                ALTER TABLE jobs ADD COLUMN labels TEXT NOT NULL DEFAULT '[]';
                ALTER TABLE jobs ADD COLUMN repository TEXT NOT NULL DEFAULT '';
                UPDATE jobs SET repository = (SELECT repository FROM runs WHERE runs.id = jobs.run)
                    WHERE state IN ('held', 'queued', 'leased')
                        AND EXISTS (SELECT 1 FROM runs WHERE runs.id = jobs.run);

                CREATE INDEX jobsByTurn ON jobs (queue, labels, repository, createdAt, id) WHERE state = 'queued';
                CREATE INDEX jobsByClaim ON jobs (claim) WHERE claim IS NOT NULL;
                CREATE INDEX jobsByWorker ON jobs (worker) WHERE state = 'leased';

                CREATE TABLE turns (
                    queue TEXT NOT NULL,
                    repository TEXT NOT NULL,
                    labels TEXT NOT NULL,
                    -- Grows with every job of the queue that is granted; 0 for a repository that never had one.
                    served INTEGER NOT NULL,
                    -- Since when it waits.
                    since INTEGER NOT NULL,
                    -- Whether a job of it waits.
                    isOpen INTEGER NOT NULL,
                    PRIMARY KEY (queue, repository, labels)
                ) WITHOUT ROWID;
                CREATE INDEX turnsNext ON turns (queue, labels, served, since, repository) WHERE isOpen = 1;
                CREATE INDEX turnsServed ON turns (queue, served);
                """)
        try shareQueues(of: database)
        try database.execute(
            """
            INSERT INTO turns (queue, repository, labels, served, since, isOpen)
                SELECT queue, repository, labels, 0, MIN(createdAt), 1 FROM jobs WHERE state = 'queued'
                    GROUP BY queue, repository, labels
            """)
    }

    /// Builders had a queue for each set of labels; those of a pool share one from now on. What waits to be sent goes there.
    private static func shareQueues(of database: Database) throws {
        let pool = MessageMap.build(pool: WorkerScope.usualPool)
        let jobs = try database.rows(
            """
            SELECT jobs.id, jobs.stage, runDetails.choice FROM jobs JOIN runDetails ON runDetails.run = jobs.run
            WHERE jobs.kind = 'build' AND jobs.queue <> ? AND jobs.state IN ('held', 'queued', 'leased')
            """, [pool.name])
        for job in jobs {
            let (id, position): (JobID, Int) = (try job["id"], try job["stage"])
            let digest = try job.json("choice", as: ChoiceView.self)?.digest
            guard let document: String = try database.value("SELECT document FROM processes WHERE digest = ?", [digest])
            else { continue }
            let stages = try Wire.decode(PipelineLanguage.Process.self, from: Data(document.utf8)).stages
            guard stages.indices.contains(position) else { continue }
            let scope = JobRouting.builders(of: stages[position])
            try database.execute(
                "UPDATE jobs SET queue = ?, labels = ? WHERE id = ?", [scope.queue, JSONColumn(scope.labels), id])
        }
        for row in try Outbox().rows(limit: .max, in: database) {
            var wake = row.message
            guard [BuildRequested.type, RolloutRequested.type].contains(wake.type) else { continue }
            if wake.type == BuildRequested.type { (wake.exchange, wake.routingKey) = (pool.exchange, pool.name) }
            wake.mandatory = false
            try Outbox().remove(row.sequence, in: database)
            try Outbox().append(wake, key: row.key, in: database)
        }
    }

    /// Each kind of workers has its own turns: those of a label are nobody's at builders of another.
    static let claims = Migration("2026-11 claims") { database in
        try database.run(
            script: """
                DROP INDEX turnsServed;
                CREATE INDEX turnsServed ON turns (queue, labels, served);
                DELETE FROM turns WHERE isOpen = 0 AND served = 0;
                CREATE INDEX jobsOpen ON jobs (repository, state) WHERE state IN ('waiting', 'held', 'queued', 'leased');
                """)
        try keepPools(in: database)
    }

    /// A pool that a job asked for before pools had rules is the job's repository's: nobody took it away.
    static func keepPools(in database: Database) throws {
        guard try !(database.value("SELECT EXISTS (SELECT 1 FROM pools)") ?? false) else { return }
        var rules: [String: PoolRules] = [:]
        for row in try database.rows(
            """
            SELECT DISTINCT queue, repository FROM jobs
            WHERE kind = 'build' AND state IN ('waiting', 'held', 'queued', 'leased') ORDER BY repository
            """)
        {
            let scope = JobRouting.scope(queue: try row["queue"], labels: [])
            guard scope.pool != WorkerScope.usualPool else { continue }
            rules[scope.pool, default: PoolRules()].repositories.append(try row["repository"])
        }
        for (name, rules) in rules {
            try PoolStore(database: database).save(
                Pool(name: name, rules: rules, updatedBy: "upgrade", updatedAt: .now))
        }
    }

    static let choice = """
        SELECT repository, (SELECT id FROM jobs WHERE queue = ?1 AND labels = ?2 AND repository = turns.repository
            AND state = 'queued' ORDER BY createdAt, id LIMIT 1) AS job
        FROM turns WHERE queue = ?1 AND labels = ?2 AND isOpen = 1
            AND (SELECT COUNT(*) FROM jobs WHERE repository = turns.repository AND state = 'leased'
                AND state IN ('waiting', 'held', 'queued', 'leased')) < ?3
        ORDER BY served, since, repository LIMIT 1
        """

    /// The job that workers of this kind get next: of the repository that was served the longest ago, its oldest.
    /// - Parameter atWork: how many jobs of one repository may be at work at a time.
    func next(_ scope: WorkerScope, atWork: Int = .max) throws -> JobID? {
        while let turn = try database.row(Self.choice, [scope.queue, JSONColumn(scope.labels), atWork]) {
            if let job: JobID = try turn["job"] { return job }
            try close(scope, turn["repository"])
        }
        return nil
    }

    /// Of every kind of workers that jobs wait for, one such job.
    func first() throws -> [JobID] {
        try open().compactMap { scope in
            try database.value(
                """
                SELECT id FROM jobs WHERE queue = ? AND labels = ? AND state = 'queued'
                ORDER BY repository, createdAt, id LIMIT 1
                """, [scope.queue, JSONColumn(scope.labels)])
        }
    }

    /// The kinds of workers that jobs wait for.
    func open() throws -> [WorkerScope] {
        try database.rows("SELECT DISTINCT queue, labels FROM turns WHERE isOpen = 1").map {
            JobRouting.scope(queue: try $0["queue"], labels: try $0.json("labels") ?? [])
        }
    }

    /// Whether a job waits for these workers.
    func isWaiting(for scope: WorkerScope) throws -> Bool {
        try database.row(
            "SELECT 1 FROM turns WHERE queue = ? AND labels = ? AND isOpen = 1 LIMIT 1",
            [scope.queue, JSONColumn(scope.labels)]) != nil
    }

    /// The repository of a job has been given one by these workers.
    func served(_ job: Job) throws {
        try database.execute(
            """
            INSERT INTO turns (queue, repository, labels, served, since, isOpen)
            VALUES (?1, ?2, ?3, 1 + COALESCE((SELECT MAX(served) FROM turns WHERE queue = ?1 AND labels = ?3), 0), ?4, 0)
            ON CONFLICT (queue, repository, labels) DO UPDATE SET served = excluded.served
            """, [job.queue, job.repository, JSONColumn(job.scope.labels), job.createdAt])
    }

    /// A job's row was written: whether its repository waits follows from it.
    func follow(_ job: Job) throws {
        switch job.lease.state {
        case .queued:
            try database.execute(
                """
                INSERT INTO turns (queue, repository, labels, served, since, isOpen) VALUES (?1, ?2, ?3, 0, ?4, 1)
                ON CONFLICT (queue, repository, labels) DO UPDATE SET
                    since = CASE turns.isOpen WHEN 1 THEN turns.since ELSE excluded.since END, isOpen = 1
                """, [job.queue, job.repository, JSONColumn(job.scope.labels), job.createdAt])
        case .leased: try close(job.scope, job.repository)
        case .waiting, .held, .finished, .cancelled, .superseded:
            guard try close(job.scope, job.repository) else { return }
            // One that was never served is as if it had never waited.
            try database.execute(
                """
                DELETE FROM turns WHERE queue = ? AND repository = ? AND labels = ? AND isOpen = 0 AND served = 0
                """, [job.queue, job.repository, JSONColumn(job.scope.labels)])
        }
    }

    /// Forgets when repositories that wait for nothing were served by workers that are long gone.
    func prune() throws {
        try database.execute(
            """
            DELETE FROM turns WHERE isOpen = 0 AND NOT EXISTS
                (SELECT 1 FROM workers WHERE workers.queue = turns.queue AND workers.labels = turns.labels)
            """)
    }

    /// - Returns: whether it was open.
    @discardableResult
    private func close(_ scope: WorkerScope, _ repository: RepositoryPath) throws -> Bool {
        try database.execute(
            """
            UPDATE turns SET isOpen = 0 WHERE queue = ?1 AND repository = ?2 AND labels = ?3 AND isOpen = 1
                AND NOT EXISTS (SELECT 1 FROM jobs WHERE queue = ?1 AND labels = ?3 AND repository = ?2
                    AND state = 'queued')
            """, [scope.queue, repository, JSONColumn(scope.labels)]) > 0
    }
}
