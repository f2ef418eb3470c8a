import Contracts
import Storage

struct JobStore {
    let database: Database

    func find(_ id: JobID) throws -> Job? {
        try database.row("SELECT * FROM jobs WHERE id = ?", [id]).map(Self.job)
    }

    func all(of run: RunID) throws -> [Job] {
        try database.rows("SELECT * FROM jobs WHERE run = ? ORDER BY createdAt, stage, place", [run])
            .map(Self.job)
    }

    func insert(_ job: Job) throws {
        try database.execute(
            """
            INSERT INTO jobs (id, run, stage, place, kind, steps, queue, labels, repository, trace, state, reason,
                attempt, losses, worker, isConfirmed, leaseUntil, stopping, timeLimit, deadline, workload, sequence,
                environment, awaits, waits, approvals, opensAt, createdAt, queuedAt, endedAt)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                job.id, job.run, job.stage, job.place, job.kind.rawValue, JSONColumn(job.steps), job.queue,
                JSONColumn(job.scope.labels), job.repository, job.trace, job.lease.state.rawValue, job.lease.reason,
                job.lease.attempt, job.lease.losses, job.lease.worker,
                job.lease.isConfirmed, job.lease.until, job.lease.stopping, job.timeLimit, job.lease.deadline,
                job.workload, job.sequence, job.environment, job.awaits?.rawValue, job.waits, job.approvals,
                job.opensAt,
                job.createdAt, job.queuedAt, job.endedAt,
            ])
        try turns.follow(job)
    }

    /// Writes what of a job changes after it was made.
    func update(_ job: Job) throws {
        try database.execute(
            """
            UPDATE jobs SET state = ?, reason = ?, attempt = ?, losses = ?, worker = ?, claim = ?, life = ?,
                isConfirmed = ?, leaseUntil = ?, stopping = ?, deadline = ?, workload = ?, stuck = ?, environment = ?,
                awaits = ?, waits = ?, approvals = ?, opensAt = ?, queuedAt = ?, endedAt = ? WHERE id = ?
            """,
            [
                job.lease.state.rawValue, job.lease.reason, job.lease.attempt, job.lease.losses, job.lease.worker,
                job.lease.claim, job.lease.life, job.lease.isConfirmed, job.lease.until, job.lease.stopping,
                job.lease.deadline, job.workload, job.stuck, job.environment, job.awaits?.rawValue, job.waits,
                job.approvals,
                job.opensAt,
                job.queuedAt, job.endedAt, job.id,
            ])
        try turns.follow(job)
    }

    /// Writes what a heartbeat changes.
    func renew(_ job: Job) throws {
        try database.execute(
            "UPDATE jobs SET isConfirmed = ?, leaseUntil = ?, stuck = ? WHERE id = ?",
            [job.lease.isConfirmed, job.lease.until, job.stuck, job.id])
    }

    private var turns: TurnStore { TurnStore(database: database) }

    // MARK: - Workers

    /// By the claim alone, which few have.
    static let claimed = "SELECT * FROM jobs WHERE claim = ? AND state = 'leased'"

    /// The job that the claim of a worker was answered with, while the worker is to do it.
    func claimed(_ claim: String, by worker: String) throws -> Job? {
        try database.rows(Self.claimed, [claim]).map(Self.job).first {
            $0.lease.worker == worker && $0.lease.stopping == nil
        }
    }

    /// How many jobs a worker has.
    func leased(by worker: Worker.Key) throws -> Int {
        try database.value(
            "SELECT COUNT(*) FROM jobs WHERE state = 'leased' AND worker = ? AND queue = ?",
            [worker.name, worker.queue])
            ?? 0
    }

    /// What some lives of a worker have.
    func leased(by worker: Worker.Key, in lives: [String]) throws -> [Job] {
        guard !lives.isEmpty else { return [] }
        return try database.rows(
            "SELECT * FROM jobs WHERE state = 'leased' AND worker = ? AND queue = ?", [worker.name, worker.queue]
        ).map(Self.job).filter { $0.lease.life.map(lives.contains) ?? false }
    }

    /// How many jobs are under way, by worker.
    func underWay() throws -> [Worker.Key: Int] {
        let rows = try database.rows(
            """
            SELECT queue, worker, COUNT(*) AS count FROM jobs WHERE state = 'leased' AND worker IS NOT NULL
            GROUP BY queue, worker
            """)
        return Dictionary(
            try rows.map { (Worker.Key(queue: try $0["queue"], name: try $0["worker"]), try $0["count"]) },
            uniquingKeysWith: +)
    }

    /// How many jobs of a repository, or of all, are at work, or wait or are at work.
    /// - Parameter limit: no more are counted.
    func count(_ states: Quotas.States, of repository: RepositoryPath?, limit: Int) throws -> Int {
        let sql = Self.counting(states, ofRepository: repository != nil)
        return try database.value(sql, repository.map { [$0, limit] } ?? [limit]) ?? 0
    }

    static func counting(_ states: Quotas.States, ofRepository: Bool) -> String {
        // As the conditions of the partial indexes are written.
        let open = "state IN ('waiting', 'held', 'queued', 'leased')"
        let condition =
            switch (states, ofRepository) {
            case (.atWork, false): "state = 'leased'"
            case (.atWork, true): "repository = ? AND state = 'leased' AND \(open)"
            case (.open, false): open
            case (.open, true): "repository = ? AND \(open)"
            }
        return "SELECT COUNT(*) FROM (SELECT 1 FROM jobs WHERE \(condition) LIMIT ?) AS open"
    }

    // MARK: - Leases

    /// When a leased job's lease or time limit runs out, whichever is first.
    private static let end = "CASE WHEN deadline < leaseUntil THEN deadline ELSE leaseUntil END"

    static let counting = "SELECT EXISTS (SELECT 1 FROM jobs WHERE state = 'leased')"

    /// Whether some worker has a job.
    func isCounting() throws -> Bool { try database.value(Self.counting) ?? false }

    /// Jobs whose lease or time limit has run out.
    func expired(now: HeardTime) throws -> [Job] {
        try database.rows("SELECT * FROM jobs WHERE state = 'leased' AND \(Self.end) <= ?", [now]).map(
            Self.job)
    }

    /// When the next freeze ends that a rollout waits for, or one is to be looked at again.
    func nextOpening(now: Timestamp) throws -> Timestamp? {
        try database.value(
            """
            SELECT MIN(CASE WHEN awaits IS NOT NULL AND opensAt > ? THEN 0 ELSE opensAt END) FROM jobs
            WHERE state = 'waiting'
            """, [now.adding(ActiveRun.sourcePatience)])
    }

    /// Rollouts whose freeze has ended, or that are to be looked at again, the newest first: no older one is offered that it
    /// takes the place of. What was handed back waits for no longer than that, whatever the clock was then.
    func opening(now: Timestamp) throws -> [Job] {
        try database.rows(
            """
            SELECT * FROM jobs WHERE state = 'waiting' AND (opensAt <= ? OR awaits IS NOT NULL AND opensAt > ?)
            ORDER BY sequence DESC
            """, [now, now.adding(ActiveRun.sourcePatience)]
        ).map(Self.job)
    }

    static let awaited = Migration(
        "2026-11 awaited", sql: "ALTER TABLE jobs ADD COLUMN awaits TEXT")

    /// Makes those due that wait to be approved and that somebody has approved.
    /// - Returns: how many it are.
    func open(approvedAt now: Timestamp) throws -> Int {
        try database.execute(
            """
            UPDATE jobs SET opensAt = ? WHERE state = 'waiting' AND approvals IS NOT NULL
                AND EXISTS (SELECT 1 FROM verdicts WHERE verdicts.job = jobs.id)
            """, [now])
    }

    /// Rollouts to an environment that wait to be approved, or for the end of a freeze, the newest first.
    func waiting(for environment: String) throws -> [Job] {
        try database.rows(
            "SELECT * FROM jobs WHERE state = 'waiting' AND environment = ? ORDER BY sequence DESC", [environment]
        ).map(Self.job)
    }

    /// Gives every worker a whole lease from now: while this service or the broker was away nobody could be heard.
    func extendLeases(until: HeardTime) throws {
        try database.execute(
            "UPDATE jobs SET leaseUntil = ? WHERE state = 'leased' AND leaseUntil < ?", [until, until])
    }

    static let queuing = Migration(
        "2026-11 queuing",
        sql: """
            -- Since when it waits for a worker; none where it did before that was kept.
            ALTER TABLE jobs ADD COLUMN queuedAt INTEGER;
            CREATE INDEX jobsByQueuing ON jobs (queuedAt) WHERE state = 'queued';
            """)

    /// Jobs that wait for a worker since before a moment, those first that do longest.
    func queued(before moment: Timestamp, limit: Int) throws -> [Job] {
        try database.rows(
            "SELECT * FROM jobs WHERE state = 'queued' AND queuedAt < ? ORDER BY queuedAt LIMIT ?", [moment, limit]
        ).map(Self.job)
    }

    // MARK: - Rollouts

    /// The rollouts of a workload that have not ended.
    func rollouts(of workload: String) throws -> RolloutQueue {
        let rows = try database.rows(
            """
            SELECT id, run, sequence, state, (stuck IS NOT NULL) AS isStuck, repository, environment,
                (approvals IS NOT NULL) AS needsApproval FROM jobs
            WHERE workload = ? AND state IN ('waiting', 'held', 'queued', 'leased') ORDER BY sequence
            """, [workload])
        var newest: [RepositoryPath: RolloutQueue.Begun] = [:]
        for row in try database.rows("SELECT * FROM newestRollouts WHERE workload = ?", [workload]) {
            newest[try row["repository"]] = try RolloutQueue.Begun(sequence: row["sequence"], run: row["run"])
        }
        return RolloutQueue(
            rollouts: try rows.map {
                try RolloutQueue.Rollout(
                    job: $0["id"], run: $0["run"], sequence: $0["sequence"],
                    state: JobLease.State(rawValue: $0["state"]) ?? .finished, isStuck: $0["isStuck"],
                    repository: $0["repository"], environment: $0["environment"], needsApproval: $0["needsApproval"])
            }, newest: newest)
    }

    /// Notes that a rollout was given to a worker: from now on older ones of its repository are out of date. Those of another
    /// are not: whose the workload is shows at the deployer, which may refuse it.
    func begin(_ workload: String, sequence: Int64, run: RunID, of repository: RepositoryPath) throws {
        try database.execute(
            """
            INSERT INTO newestRollouts (workload, repository, sequence, run) VALUES (?, ?, ?, ?)
            ON CONFLICT (workload, repository) DO UPDATE SET sequence = excluded.sequence, run = excluded.run
                WHERE excluded.sequence > newestRollouts.sequence
            """, [workload, repository, sequence, run])
    }

    static let newest = Migration(
        "2026-11 newest rollouts",
        sql: """
            -- The newest sequence that was given to a worker, for each workload and repository; without a repository where
            -- the run is not kept any more.
            CREATE TABLE newestRollouts (
                workload TEXT NOT NULL,
                repository TEXT NOT NULL,
                sequence INTEGER NOT NULL,
                run TEXT NOT NULL,
                PRIMARY KEY (workload, repository)
            ) WITHOUT ROWID;
            INSERT INTO newestRollouts (workload, repository, sequence, run)
                SELECT workloads.name, COALESCE(runs.repository, ''), workloads.sequence, workloads.run FROM workloads
                LEFT JOIN runs ON runs.id = workloads.run;
            DROP TABLE workloads;
            """)

    /// The rollouts of a queue that have not ended.
    func openRollouts(of queue: String) throws -> [Job] {
        try database.rows(
            """
            SELECT * FROM jobs WHERE workload IS NOT NULL AND state IN ('waiting', 'held', 'queued', 'leased') AND queue = ?
            ORDER BY sequence
            """, [queue]
        ).map(Self.job)
    }

    private static func job(_ row: Row) throws -> Job {
        var lease = JobLease()
        let state: String = try row["state"]
        guard let known = JobLease.State(rawValue: state), let kind = Job.Kind(rawValue: try row["kind"]) else {
            throw StoreError(
                .corrupt, "the job \(try row["id"] as String) is in the state “\(state)”, which is not known")
        }
        lease.state = known
        lease.attempt = try row["attempt"]
        lease.losses = try row["losses"]
        lease.worker = try row["worker"]
        lease.claim = try row["claim"]
        lease.life = try row["life"]
        lease.isConfirmed = try row["isConfirmed"]
        lease.until = try row["leaseUntil"]
        lease.stopping = try row["stopping"]
        lease.deadline = try row["deadline"]
        lease.reason = try row["reason"]
        return try Job(
            id: row["id"], run: row["run"], stage: row["stage"], place: row["place"], kind: kind,
            steps: row.json("steps") ?? [],
            scope: JobRouting.scope(queue: row["queue"], labels: row.json("labels") ?? []),
            repository: row["repository"], trace: row["trace"], lease: lease, timeLimit: row["timeLimit"],
            workload: row["workload"], sequence: row["sequence"], stuck: row["stuck"],
            environment: row["environment"],
            awaits: (row["awaits"] as String?).flatMap(Job.Awaited.init), waits: row["waits"],
            approvals: row["approvals"],
            opensAt: row["opensAt"], createdAt: row["createdAt"], queuedAt: row["queuedAt"], endedAt: row["endedAt"])
    }
}
