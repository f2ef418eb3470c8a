import Contracts
import Storage

/// The pipeline service's schema. Moments are milliseconds since 1970; documents are JSON text.
enum Schema {
    static let migrations = [
        Inbox.migration, Outbox.migration, first, rollouts, people, DiscoveredRepositoryStore.migration, names, forges,
        tokens, EnvironmentStore.migration, EnvironmentStore.adoptions, WorkerStore.migration, TurnStore.migration,
        EnvironmentStore.allowances, JobStore.newest,
        EnvironmentStore.approvals, senders, PoolStore.migration, SecretStore.rules, RunStore.dropped,
        SealStore.migration, SecretStore.logins,
        TurnStore.claims, WorkerStore.byQueue, AccountStore.migration, PersonStore.migration, bounds,
        PersonStore.firstTokenEnds, leases, AuditStore.migration, EnvironmentStore.approvingGroups,
        RunStore.callers, AuditStore.complete, ComponentStore.uses, AttemptStore.migration, LoginStore.pages,
        HeardTimeStore.migration, HeadStore.migration,
        RetentionStore.migration, JobStore.queuing, IdentityStore.migration, WorkerStore.drains, JobStore.awaited,
        ScheduleStore.migration, RestoreStore.migration, TroubleStore.migration,
    ]

    /// Lists of runs are read newest first by `serial`, whole or by repository or by state: each order has its index, so
    /// a page costs the same with a million runs. What only one run's page needs is in `runDetails`, which keeps the
    /// rows that lists scan small.
    private static let first = Migration(
        "2026-11 first",
        sql: """
            CREATE TABLE repositories (
                path TEXT NOT NULL PRIMARY KEY,
                cloneURL TEXT NOT NULL,
                defaultBranch TEXT NOT NULL,
                allowsFile INTEGER NOT NULL,
                username TEXT,
                token TEXT,
                createdAt INTEGER NOT NULL
            ) WITHOUT ROWID;

            -- Outlives the repository's row: a number is never given twice.
            CREATE TABLE runNumbers (
                repository TEXT NOT NULL PRIMARY KEY,
                last INTEGER NOT NULL
            ) WITHOUT ROWID;

            CREATE TABLE processes (
                digest TEXT NOT NULL PRIMARY KEY,
                document TEXT NOT NULL,
                createdAt INTEGER NOT NULL
            );

            CREATE TABLE components (
                name TEXT NOT NULL PRIMARY KEY,
                revision INTEGER NOT NULL,
                updatedAt INTEGER NOT NULL
            ) WITHOUT ROWID;

            CREATE TABLE componentRevisions (
                component TEXT NOT NULL,
                revision INTEGER NOT NULL,
                digest TEXT NOT NULL REFERENCES processes (digest),
                document TEXT NOT NULL,
                createdAt INTEGER NOT NULL,
                PRIMARY KEY (component, revision)
            );

            CREATE TABLE associations (
                repository TEXT NOT NULL REFERENCES repositories (path) ON DELETE CASCADE,
                position INTEGER NOT NULL,
                component TEXT NOT NULL REFERENCES components (name),
                events TEXT NOT NULL,
                branches TEXT NOT NULL,
                PRIMARY KEY (repository, position)
            ) WITHOUT ROWID;
            CREATE INDEX associationsByComponent ON associations (component);

            -- An empty repository stands for all of them.
            CREATE TABLE secrets (
                repository TEXT NOT NULL,
                name TEXT NOT NULL,
                sealed TEXT NOT NULL,
                updatedAt INTEGER NOT NULL,
                PRIMARY KEY (repository, name)
            ) WITHOUT ROWID;

            CREATE TABLE registries (
                host TEXT NOT NULL PRIMARY KEY,
                sealed TEXT NOT NULL,
                username TEXT NOT NULL,
                updatedAt INTEGER NOT NULL
            ) WITHOUT ROWID;

            -- Hashes only: who reads this file cannot sign in with it.
            CREATE TABLE tokens (
                hash TEXT NOT NULL PRIMARY KEY,
                name TEXT NOT NULL,
                createdAt INTEGER NOT NULL
            ) WITHOUT ROWID;
            CREATE TABLE sessions (
                hash TEXT NOT NULL PRIMARY KEY,
                createdAt INTEGER NOT NULL,
                expiresAt INTEGER NOT NULL
            ) WITHOUT ROWID;

            CREATE TABLE runs (
                serial INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
                id TEXT NOT NULL UNIQUE,
                trigger TEXT NOT NULL UNIQUE,
                repository TEXT NOT NULL,
                number INTEGER NOT NULL,
                state TEXT NOT NULL,
                reason TEXT,
                event TEXT NOT NULL,
                ref TEXT NOT NULL,
                branch TEXT,
                sender TEXT,
                sha TEXT,
                message TEXT,
                authorName TEXT,
                authorEmail TEXT,
                committedAt INTEGER,
                createdAt INTEGER NOT NULL,
                startedAt INTEGER,
                finishedAt INTEGER
            );
            CREATE INDEX runsByRepository ON runs (repository, serial);
            CREATE INDEX runsByState ON runs (state, serial);
            CREATE INDEX runsByRepositoryAndState ON runs (repository, state, serial);

            CREATE TABLE runDetails (
                run TEXT NOT NULL PRIMARY KEY,
                trigger TEXT NOT NULL,
                -- What a person asked for, where a person asked.
                given TEXT,
                choice TEXT,
                changes TEXT,
                mirrorURL TEXT,
                -- The planner's, from which it goes on.
                progress TEXT
            );

            CREATE TABLE stages (
                run TEXT NOT NULL,
                position INTEGER NOT NULL,
                name TEXT NOT NULL,
                state TEXT NOT NULL,
                reason TEXT,
                dependsOn TEXT NOT NULL,
                -- When it has taken too long.
                deadline INTEGER,
                PRIMARY KEY (run, position)
            ) WITHOUT ROWID;
            CREATE INDEX stagesByDeadline ON stages (deadline) WHERE state = 'running' AND deadline IS NOT NULL;

            CREATE TABLE steps (
                run TEXT NOT NULL,
                id INTEGER NOT NULL,
                stage INTEGER NOT NULL,
                name TEXT NOT NULL,
                kind TEXT NOT NULL,
                state TEXT NOT NULL,
                reason TEXT,
                exitCode INTEGER,
                job TEXT,
                attempt INTEGER NOT NULL DEFAULT 0,
                outputs TEXT,
                -- The length of its log as the worker told it, so that a reader knows when it has all.
                logBytes INTEGER,
                startedAt INTEGER,
                finishedAt INTEGER,
                PRIMARY KEY (run, id)
            ) WITHOUT ROWID;

            CREATE TABLE jobs (
                id TEXT NOT NULL PRIMARY KEY,
                run TEXT NOT NULL,
                stage INTEGER NOT NULL,
                -- Its number in the stage.
                place INTEGER NOT NULL,
                kind TEXT NOT NULL,
                steps TEXT NOT NULL,
                queue TEXT NOT NULL,
                state TEXT NOT NULL,
                reason TEXT,
                attempt INTEGER NOT NULL,
                losses INTEGER NOT NULL,
                worker TEXT,
                isConfirmed INTEGER NOT NULL DEFAULT 0,
                leaseUntil INTEGER,
                -- Why it is being stopped, until its worker says it has.
                stopping TEXT,
                timeLimit INTEGER NOT NULL,
                deadline INTEGER,
                workload TEXT,
                sequence INTEGER,
                createdAt INTEGER NOT NULL
            );
            CREATE INDEX jobsByRun ON jobs (run);
            CREATE INDEX jobsByLease ON jobs (leaseUntil) WHERE state = 'leased';
            CREATE INDEX jobsByWorkload ON jobs (workload, sequence)
                WHERE workload IS NOT NULL AND state IN ('held', 'queued', 'leased');

            -- The newest sequence that was given to a worker, for each workload.
            CREATE TABLE workloads (
                name TEXT NOT NULL PRIMARY KEY,
                sequence INTEGER NOT NULL,
                run TEXT NOT NULL
            ) WITHOUT ROWID;

            CREATE TABLE deadLetters (
                serial INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
                id TEXT NOT NULL UNIQUE,
                queue TEXT NOT NULL,
                type TEXT NOT NULL,
                version INTEGER NOT NULL,
                run TEXT,
                contentType TEXT NOT NULL,
                reason TEXT NOT NULL,
                body TEXT NOT NULL,
                parkedAt INTEGER NOT NULL
            );
            """)

    private static let rollouts = Migration(
        "2026-11 rollouts",
        sql: """
            -- Why a rollout does not get on, as its worker says.
            ALTER TABLE jobs ADD COLUMN stuck TEXT;

            -- Where a cluster's workloads are whose steps name no namespace, as its deployers say.
            CREATE TABLE clusters (
                name TEXT NOT NULL PRIMARY KEY,
                namespace TEXT NOT NULL
            ) WITHOUT ROWID;
            """)

    /// What people want to know of a run: whether one of them started it, and which failures fail nothing.
    private static let people = Migration(
        "2026-11 people",
        sql: """
            -- Whatever its event: a push's run can be made by hand.
            ALTER TABLE runs ADD COLUMN byHand INTEGER;
            ALTER TABLE steps ADD COLUMN ignoresFailure INTEGER NOT NULL DEFAULT 0;
            """)

    private static let names = Migration(
        "2026-11 names",
        sql: """
            -- What tells a cluster from others, as its deployers say: one may go by several names.
            ALTER TABLE clusters ADD COLUMN identity TEXT;
            """)

    private static let tokens = Migration(
        "2026-11 tokens",
        sql: """
            -- The hash of the token it was begun with; none where it was begun before that was kept.
            ALTER TABLE sessions ADD COLUMN token TEXT;
            """)

    private static let senders = Migration("2026-11 senders") { database in
        try database.run(
            script: """
                -- The login of the broker that sent it first; none where no sender was checked.
                ALTER TABLE deadLetters ADD COLUMN sender TEXT;

                -- Since when an installation of before is at work with this version.
                ALTER TABLE upgrades ADD COLUMN startedAt INTEGER;
                """)
        guard
            try database.value(
                """
                SELECT EXISTS (SELECT 1 FROM inbox) OR EXISTS (SELECT 1 FROM repositories)
                    OR EXISTS (SELECT 1 FROM runs)
                """)
                ?? false
        else { return }
        try database.execute("INSERT INTO upgrades (name, startedAt) VALUES ('senders', ?)", [Timestamp.now])
    }

    private static let bounds = Migration(
        "2026-11 bounds",
        sql: """
            -- None of one that ended before that was kept.
            ALTER TABLE jobs ADD COLUMN endedAt INTEGER;

            -- How long what is kept of a parked message is.
            ALTER TABLE deadLetters ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
            UPDATE deadLetters SET bytes = LENGTH(body);
            CREATE INDEX deadLettersBySender ON deadLetters (sender, bytes);

            -- Those that had jobs before: for a day after an upgrade some of them may not bear a login yet.
            CREATE TABLE formerWorkers (
                queue TEXT NOT NULL,
                name TEXT NOT NULL,
                PRIMARY KEY (queue, name)
            ) WITHOUT ROWID;
            INSERT INTO formerWorkers (queue, name)
                SELECT DISTINCT queue, worker FROM jobs WHERE worker IS NOT NULL;
            """)

    private static let leases = Migration(
        "2026-11 leases",
        sql: """
            -- How many jobs are at work, and when the first lease or time limit runs out, by a look at an index alone.
            DROP INDEX jobsByLease;
            CREATE INDEX jobsByLease ON jobs (leaseUntil, state) WHERE state = 'leased';
            CREATE INDEX jobsByDeadline ON jobs (deadline, state) WHERE state = 'leased';
            """)

    private static let forges = Migration(
        "2026-11 forges",
        sql: """
            -- As a person gave it; none where the clone address's host tells.
            ALTER TABLE repositories ADD COLUMN forge TEXT;
            -- As its hook told it.
            ALTER TABLE discoveredRepositories ADD COLUMN forge TEXT;
            """)
}
