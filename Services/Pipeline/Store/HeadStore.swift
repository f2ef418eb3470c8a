import Contracts
import Storage

/// Where the branches and tags of repositories were when they were last compared with the pushes that arrived, and the
/// pushes that were made up since no hook told of them.
struct HeadStore {
    /// What is compared are the repositories that a hook has told of before: who has no hook wants no push to run.
    static let migration = Migration(
        "2026-11 heads",
        sql: """
            CREATE TABLE comparedRepositories (
                path TEXT NOT NULL PRIMARY KEY,
                -- Where it was cloned from when its heads were kept.
                cloneURL TEXT,
                -- How often its heads were asked for, and which of these times was answered last.
                asked INTEGER NOT NULL DEFAULT 0,
                answered INTEGER NOT NULL DEFAULT 0,
                -- Whether its branches and its tags are among heads.
                hasBranches INTEGER NOT NULL DEFAULT 0,
                hasTags INTEGER NOT NULL DEFAULT 0,
                -- The newest run when they were asked for the last time, when they were for the last comparison, and for
                -- the one before.
                askedMark INTEGER NOT NULL DEFAULT 0,
                lastMark INTEGER NOT NULL DEFAULT 0,
                formerMark INTEGER NOT NULL DEFAULT 0
            ) WITHOUT ROWID;

            CREATE TABLE heads (
                repository TEXT NOT NULL,
                ref TEXT NOT NULL,
                -- The commit that pushes are known to have brought it to; none where none is known.
                sha TEXT,
                -- Another one that it was found at, and how often heads had been asked for by then.
                suspect TEXT,
                suspectRound INTEGER,
                PRIMARY KEY (repository, ref)
            ) WITHOUT ROWID;
            CREATE INDEX headsBySuspect ON heads (repository) WHERE suspect IS NOT NULL;

            CREATE TABLE madeUpPushes (
                repository TEXT NOT NULL,
                ref TEXT NOT NULL,
                sha TEXT NOT NULL,
                -- The commit before the push; empty where the ref was new.
                previous TEXT NOT NULL,
                -- The newest run by then.
                mark INTEGER NOT NULL,
                at INTEGER NOT NULL,
                PRIMARY KEY (repository, ref, sha, previous)
            ) WITHOUT ROWID;
            CREATE INDEX madeUpPushesByAge ON madeUpPushes (at);

            ALTER TABLE runs ADD COLUMN madeUp INTEGER;
            -- Which missed pushes are made up; all where it is none.
            ALTER TABLE repositories ADD COLUMN missedPushes TEXT;
            """)

    let database: Database

    // MARK: - Repositories

    /// A hook told of the repository.
    /// - Returns: whether it is the first.
    func noteHook(of path: RepositoryPath) throws -> Bool {
        try database.execute("INSERT INTO comparedRepositories (path) VALUES (?) ON CONFLICT DO NOTHING", [path]) > 0
    }

    /// How far the comparison of each is.
    func standings() throws -> [HeadsSchedule.Standing] {
        try database.rows(
            """
            SELECT path, asked, answered, EXISTS (
                SELECT 1 FROM heads WHERE heads.repository = comparedRepositories.path AND suspect IS NOT NULL
            ) AS hasSuspects FROM comparedRepositories
            WHERE path NOT IN (SELECT path FROM repositories WHERE missedPushes = ?) ORDER BY path
            """, [MissedPushes.none]
        ).map { row in
            let (asked, answered): (Int, Int) = (try row["asked"], try row["answered"])
            return try HeadsSchedule.Standing(
                repository: row["path"], isAnswered: asked == answered, answers: answered,
                hasSuspects: row["hasSuspects"])
        }
    }

    /// What is known of a repository that is compared, or `nil`.
    func compared(_ path: RepositoryPath) throws -> ComparedRepository? {
        try database.row("SELECT * FROM comparedRepositories WHERE path = ?", [path]).map { row in
            try ComparedRepository(
                path: path, cloneURL: row["cloneURL"], asked: row["asked"], answered: row["answered"],
                hasBranches: row["hasBranches"], hasTags: row["hasTags"], askedMark: row["askedMark"],
                lastMark: row["lastMark"], formerMark: row["formerMark"])
        }
    }

    func update(_ compared: ComparedRepository) throws {
        try database.execute(
            """
            UPDATE comparedRepositories SET cloneURL = ?, asked = ?, answered = ?, hasBranches = ?, hasTags = ?,
                askedMark = ?, lastMark = ?, formerMark = ? WHERE path = ?
            """,
            [
                compared.cloneURL, compared.asked, compared.answered, compared.hasBranches, compared.hasTags,
                compared.askedMark, compared.lastMark, compared.formerMark, compared.path,
            ])
    }

    /// The repository is not registered any more.
    func forget(_ path: RepositoryPath) throws {
        for table in ["heads", "madeUpPushes"] {
            try database.execute("DELETE FROM \(table) WHERE repository = ?", [path])
        }
        try database.execute("DELETE FROM comparedRepositories WHERE path = ?", [path])
    }

    /// Nothing of a repository is compared from now on: what is found once it is again is where everything begins.
    func forgetComparison(of path: RepositoryPath) throws {
        try database.execute(
            "UPDATE comparedRepositories SET hasBranches = 0, hasTags = 0, answered = asked WHERE path = ?", [path])
        try database.execute("DELETE FROM heads WHERE repository = ?", [path])
    }

    /// Nothing is compared from now on: what is found once it is again is where everything begins.
    func forgetComparisons() throws {
        try database.execute("UPDATE comparedRepositories SET hasBranches = 0, hasTags = 0")
        try database.execute("UPDATE heads SET suspect = NULL, suspectRound = NULL WHERE suspect IS NOT NULL")
    }

    // MARK: - Heads

    func heads(of path: RepositoryPath) throws -> [String: HeadsComparison.Known] {
        var heads: [String: HeadsComparison.Known] = [:]
        let rows = try database.rows(
            "SELECT ref, sha, suspect, suspectRound FROM heads WHERE repository = ?", [path])
        for row in rows {
            heads[try row["ref"]] = try HeadsComparison.Known(
                commit: row["sha"], suspect: row["suspect"], round: row["suspectRound"])
        }
        return heads
    }

    func head(_ ref: String, of path: RepositoryPath) throws -> String? {
        try database.value("SELECT sha FROM heads WHERE repository = ? AND ref = ?", [path, ref])
    }

    func save(_ head: HeadsComparison.Known, as ref: String, of path: RepositoryPath) throws {
        try database.execute(
            """
            INSERT INTO heads (repository, ref, sha, suspect, suspectRound) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (repository, ref) DO UPDATE SET sha = excluded.sha, suspect = excluded.suspect,
                suspectRound = excluded.suspectRound
            """, [path, ref, head.commit, head.suspect, head.round])
    }

    /// The ref is gone from its server: what was made up for it was of another one.
    func remove(_ ref: String, of path: RepositoryPath) throws {
        for table in ["heads", "madeUpPushes"] {
            try database.execute("DELETE FROM \(table) WHERE repository = ? AND ref = ?", [path, ref])
        }
    }

    // MARK: - Pushes

    /// The newest run there is.
    func mark() throws -> Int64 { try database.value("SELECT MAX(serial) FROM runs") ?? 0 }

    /// The pushes of a repository that arrived or were made up, the oldest first.
    /// - Parameters:
    ///   - mark: only those whose runs came after this one.
    ///   - ref: only those of one branch or tag.
    func pushes(of path: RepositoryPath, after mark: Int64, ref: String? = nil) throws -> [Trigger] {
        try database.rows(
            """
            SELECT runDetails.trigger AS cause FROM runs JOIN runDetails ON runDetails.run = runs.id
            WHERE runs.repository = ? AND runs.serial > ? AND runs.byHand IS NULL AND runs.event IN ('push', 'tag')
            ORDER BY runs.serial
            """, [path, mark]
        ).compactMap { row -> Trigger? in try row.json("cause") }.filter { ref == nil || $0.ref == ref }
    }

    /// Which run, in their order, was the last one that a push of the ref to the commit made; `nil` for none.
    func lastPush(of ref: String, to commit: String, in path: RepositoryPath) throws -> Int64? {
        try database.value(
            """
            SELECT MAX(serial) FROM runs WHERE repository = ? AND ref = ? AND sha = ? AND byHand IS NULL
                AND event IN ('push', 'tag')
            """, [path, ref, commit])
    }

    func add(_ push: MadeUpPush, now: Timestamp) throws {
        try database.execute(
            """
            INSERT INTO madeUpPushes (repository, ref, sha, previous, mark, at) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (repository, ref, sha, previous) DO UPDATE SET mark = excluded.mark, at = excluded.at
            """, [push.repository, push.ref, push.commit, push.before ?? "", push.mark, now])
    }

    /// The pushes that were made up and brought the ref to the commit.
    func madeUp(_ ref: String, at commit: String, of path: RepositoryPath) throws -> [MadeUpPush] {
        try database.rows(
            "SELECT previous, mark FROM madeUpPushes WHERE repository = ? AND ref = ? AND sha = ?", [path, ref, commit]
        ).map { row in
            let previous: String = try row["previous"]
            return try MadeUpPush(
                repository: path, ref: ref, before: previous.isEmpty ? nil : previous, commit: commit,
                mark: row["mark"])
        }
    }

    /// Forgets pushes that were made up so long ago that no hook of them comes any more.
    func prune(before moment: Timestamp) throws {
        try database.execute("DELETE FROM madeUpPushes WHERE at < ?", [moment])
    }
}
