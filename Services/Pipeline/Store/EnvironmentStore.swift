import Contracts
import Storage

struct EnvironmentStore {
    static let migration = Migration(
        "2026-11 environments",
        sql: """
            CREATE TABLE environments (
                name TEXT NOT NULL PRIMARY KEY,
                rules TEXT NOT NULL,
                -- Where it comes from, if no person made it.
                note TEXT,
                updatedBy TEXT NOT NULL,
                updatedAt INTEGER NOT NULL
            ) WITHOUT ROWID;

            -- What the next start still has to do for an installation of before.
            CREATE TABLE upgrades (
                name TEXT NOT NULL PRIMARY KEY
            ) WITHOUT ROWID;
            INSERT INTO upgrades (name) SELECT 'environments' WHERE EXISTS (SELECT 1 FROM jobs WHERE kind = 'rollout');
            """)

    static let adoptions = Migration(
        "2026-11 adoptions",
        sql: """
            -- What was given to a repository, by the key that its rollouts take turns by.
            CREATE TABLE adoptions (
                workload TEXT NOT NULL PRIMARY KEY,
                environment TEXT NOT NULL,
                repository TEXT NOT NULL,
                adoptedBy TEXT NOT NULL,
                adoptedAt INTEGER NOT NULL
            ) WITHOUT ROWID;
            """)

    static let approvals = Migration(
        "2026-11 approvals",
        sql: """
            ALTER TABLE jobs ADD COLUMN environment TEXT;
            -- What a rollout waits for before a worker may have it, and when that is over by itself.
            ALTER TABLE jobs ADD COLUMN waits TEXT;
            ALTER TABLE jobs ADD COLUMN approvals INTEGER;
            ALTER TABLE jobs ADD COLUMN opensAt INTEGER;
            DROP INDEX jobsByWorkload;
            CREATE INDEX jobsByWorkload ON jobs (workload, sequence)
                WHERE workload IS NOT NULL AND state IN ('waiting', 'held', 'queued', 'leased');
            CREATE INDEX jobsByEnvironment ON jobs (environment) WHERE state = 'waiting';
            CREATE INDEX jobsByOpening ON jobs (opensAt) WHERE state = 'waiting';

            -- What people said of rollouts.
            CREATE TABLE verdicts (
                job TEXT NOT NULL,
                name TEXT NOT NULL,
                approves INTEGER NOT NULL,
                reason TEXT,
                at INTEGER NOT NULL,
                PRIMARY KEY (job, name)
            ) WITHOUT ROWID;
            """)

    static let allowances = Migration(
        "2026-11 container allowances",
        sql: """
            INSERT INTO upgrades (name) SELECT 'allowances' WHERE EXISTS (SELECT 1 FROM environments);
            """)

    static let approvingGroups = Migration(
        "2026-11 approving groups",
        sql: """
            -- The group as one of which they may; none where they may themselves.
            ALTER TABLE verdicts ADD COLUMN asOneOf TEXT;
            """)

    let database: Database

    func find(_ name: String) throws -> Environment? {
        try database.row("SELECT * FROM environments WHERE name = ?", [name]).map(Self.environment)
    }

    func all() throws -> [Environment] {
        try database.rows("SELECT * FROM environments ORDER BY name").map(Self.environment)
    }

    func save(_ environment: Environment) throws {
        try database.execute(
            """
            INSERT INTO environments (name, rules, note, updatedBy, updatedAt) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET rules = excluded.rules, note = excluded.note,
                updatedBy = excluded.updatedBy, updatedAt = excluded.updatedAt
            """,
            [
                environment.name, JSONColumn(environment.rules), environment.note, environment.updatedBy,
                environment.updatedAt,
            ])
    }

    /// - Returns: `false` where there is none.
    func remove(_ name: String) throws -> Bool {
        try database.execute("DELETE FROM adoptions WHERE environment = ?", [name])
        return try database.execute("DELETE FROM environments WHERE name = ?", [name]) > 0
    }

    // MARK: - Adoptions

    /// Gives a workload or a container to a repository.
    func adopt(_ adoption: AdoptionView, in environment: String) throws {
        try database.execute(
            """
            INSERT INTO adoptions (workload, environment, repository, adoptedBy, adoptedAt) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (workload) DO UPDATE SET environment = excluded.environment,
                repository = excluded.repository, adoptedBy = excluded.adoptedBy, adoptedAt = excluded.adoptedAt
            """,
            [adoption.workload, environment, adoption.repository, adoption.adoptedBy, adoption.adoptedAt])
    }

    /// Whom a workload or a container was given to; `nil` where nobody gave it.
    func adoption(of workload: String) throws -> AdoptionView? {
        try database.row("SELECT * FROM adoptions WHERE workload = ?", [workload]).map(Self.adoption)
    }

    func adoptions(in environment: String) throws -> [AdoptionView] {
        try database.rows("SELECT * FROM adoptions WHERE environment = ? ORDER BY workload", [environment])
            .map(Self.adoption)
    }

    /// Keeps what was given of a cluster by the name it now goes by. Of two that were one all along the later one holds.
    /// - Parameter names: All names of the cluster.
    func renameAdoptions(of names: [String], to name: String) throws {
        for old in names where old != name {
            for row in try database.rows("SELECT * FROM adoptions ORDER BY workload") {
                var adoption = try Self.adoption(row)
                let parts = adoption.workload.split(separator: "/", maxSplits: 1)
                // A container is known by the name of its host.
                guard parts.count == 2, parts[0] == old, !parts[1].hasPrefix("container/") else { continue }
                try database.execute("DELETE FROM adoptions WHERE workload = ?", [adoption.workload])
                adoption.workload = "\(name)/\(parts[1])"
                if let other = try self.adoption(of: adoption.workload), other.adoptedAt > adoption.adoptedAt {
                    continue
                }
                try adopt(adoption, in: row["environment"])
            }
        }
    }

    private static func adoption(_ row: Row) throws -> AdoptionView {
        try AdoptionView(
            workload: row["workload"], repository: row["repository"], adoptedBy: row["adoptedBy"],
            adoptedAt: row["adoptedAt"])
    }

    // MARK: - Approvals

    /// Keeps what a person says of a rollout, in the place of what they said before.
    func save(_ verdict: VerdictView, of job: JobID) throws {
        try database.execute(
            """
            INSERT INTO verdicts (job, name, approves, reason, at, asOneOf) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (job, name) DO UPDATE SET approves = excluded.approves, reason = excluded.reason,
                at = excluded.at, asOneOf = excluded.asOneOf
            """, [job, verdict.name, verdict.approves, verdict.reason, verdict.at, verdict.group])
    }

    /// In the order in which they were said.
    func verdicts(of job: JobID) throws -> [VerdictView] {
        try database.rows("SELECT * FROM verdicts WHERE job = ? ORDER BY at, name", [job]).map { row in
            try VerdictView(
                name: row["name"], approves: row["approves"], reason: row["reason"], at: row["at"],
                group: row["asOneOf"])
        }
    }

    /// Those that hold now: an approval does while its account may give it.
    func standingVerdicts(of job: Job, by approvers: Approvers) throws -> [VerdictView] {
        let (accounts, people) = (AccountStore(database: database), PersonStore(database: database))
        return try verdicts(of: job.id).filter { verdict in
            guard verdict.approves else { return true }
            guard let account = try accounts.find(verdict.name), account.blockedAt == nil else { return false }
            let groups = try people.groups(of: account.name)
            let hasChosenName = try people.providerSignIn(of: account.name) != nil
            guard approvers.may(account.name, oneOf: groups, hasChosenName: hasChosenName) else { return false }
            let role = try accounts.rights(of: account.name, groups: groups).role(in: job.repository)
            return role.map { $0 >= approvers.role } ?? false
        }
    }

    // MARK: - Installations of before

    /// What an installation of before is still to be given.
    enum Upgrade: String {
        /// There are rollouts of before, and no environments were made of them yet.
        case environments
        /// There are environments that do not list labels, aliases and log drivers yet.
        case allowances
    }

    func isDue(_ upgrade: Upgrade) throws -> Bool {
        try database.value("SELECT EXISTS (SELECT 1 FROM upgrades WHERE name = ?)", [upgrade.rawValue]) ?? false
    }

    func finish(_ upgrade: Upgrade) throws {
        try database.execute("DELETE FROM upgrades WHERE name = ?", [upgrade.rawValue])
    }

    /// The last rollout of each workload and container that came to a good end: the run, and the step's stage and name.
    func lastRollouts() throws -> [(workload: String, run: RunID, stage: Int, step: String)] {
        try database.rows(
            """
            SELECT jobs.workload, jobs.run, jobs.stage, steps.name FROM jobs
            JOIN steps ON steps.run = jobs.run AND steps.job = jobs.id AND steps.kind = 'deploy'
            JOIN (
                SELECT jobs.workload AS workload, MAX(jobs.sequence) AS sequence FROM jobs
                JOIN steps ON steps.run = jobs.run AND steps.job = jobs.id AND steps.kind = 'deploy'
                WHERE jobs.kind = 'rollout' AND steps.state = 'success' GROUP BY jobs.workload
            ) AS last ON last.workload = jobs.workload AND last.sequence = jobs.sequence
            WHERE jobs.kind = 'rollout' AND steps.state = 'success' ORDER BY jobs.workload
            """
        ).map { (try $0["workload"], try $0["run"], try $0["stage"], try $0["name"]) }
    }

    private static func environment(_ row: Row) throws -> Environment {
        let name: String = try row["name"]
        guard let rules: EnvironmentRules = try row.json("rules") else {
            throw StoreError(.corrupt, "the environment “\(name)” has no rules")
        }
        return try Environment(
            name: name, rules: rules, note: row["note"], updatedBy: row["updatedBy"], updatedAt: row["updatedAt"])
    }
}
