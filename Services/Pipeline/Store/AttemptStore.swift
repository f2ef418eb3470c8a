import Contracts
import Storage

/// How often somebody tried to sign in, whichever process of the service they asked, also before a restart.
///
/// Of names and addresses only hashes are kept: people type passwords where their name belongs.
struct AttemptStore {
    static let migration = Migration(
        "2026-11 sign-in state",
        sql: """
            CREATE TABLE attempts (
                subject TEXT NOT NULL PRIMARY KEY,
                -- When all of its attempts are there again.
                fullAt INTEGER NOT NULL
            ) WITHOUT ROWID;
            CREATE INDEX attemptsByTime ON attempts (fullAt);

            CREATE TABLE logins (
                hash TEXT NOT NULL PRIMARY KEY,
                userCode TEXT NOT NULL UNIQUE,
                host TEXT NOT NULL,
                address TEXT NOT NULL,
                network TEXT NOT NULL,
                expiresAt INTEGER NOT NULL,
                isDecided INTEGER NOT NULL DEFAULT 0,
                -- Whom it may act as; none where it was refused.
                account TEXT
            ) WITHOUT ROWID;
            CREATE INDEX loginsByTime ON logins (expiresAt, network);

            -- The hash of the token it was made with, and ends with.
            ALTER TABLE tokens ADD COLUMN parent TEXT;
            CREATE INDEX tokensByParent ON tokens (parent) WHERE parent IS NOT NULL;

            -- How far time has surely come.
            CREATE TABLE clocks (
                name TEXT NOT NULL PRIMARY KEY,
                at INTEGER NOT NULL
            ) WITHOUT ROWID;
            """)

    /// The most subjects that are kept; those that have the most attempts left go first.
    static let capacity = 10_000

    let database: Database

    /// - Throws: ``AttemptLimit/Refusal`` where one of them has to wait; nothing is taken.
    func check(_ subjects: [AttemptLimit.Subject], now: Timestamp) throws {
        var limit = try limit(of: subjects)
        try limit.take(subjects, now: now)
    }

    /// Takes an attempt of each subject, or of none.
    /// - Throws: ``AttemptLimit/Refusal`` of the one that has to wait the longest.
    func take(_ subjects: [AttemptLimit.Subject], now: Timestamp) throws {
        var limit = try limit(of: subjects)
        try limit.take(subjects, now: now)
        for (subject, moment) in limit.full {
            try database.execute(
                """
                INSERT INTO attempts (subject, fullAt) VALUES (?, ?)
                ON CONFLICT (subject) DO UPDATE SET fullAt = excluded.fullAt
                """, [Self.key(subject), moment])
        }
        try makeRoom(now)
    }

    /// Does not count an attempt that was right.
    func release(_ subjects: [AttemptLimit.Subject]) throws {
        for subject in subjects {
            try database.execute(
                "UPDATE attempts SET fullAt = fullAt - ? WHERE subject = ?", [subject.rule.interval, Self.key(subject)])
        }
    }

    private func limit(of subjects: [AttemptLimit.Subject]) throws -> AttemptLimit {
        var limit = AttemptLimit()
        for subject in subjects {
            limit.full[subject] = try database.value(
                "SELECT fullAt FROM attempts WHERE subject = ?", [Self.key(subject)])
        }
        return limit
    }

    private func makeRoom(_ now: Timestamp) throws {
        try database.execute("DELETE FROM attempts WHERE fullAt <= ?", [now])
        let kept: Int = try database.value("SELECT COUNT(*) FROM attempts") ?? 0
        guard kept > Self.capacity else { return }
        try database.execute(
            "DELETE FROM attempts WHERE subject IN (SELECT subject FROM attempts ORDER BY fullAt LIMIT ?)",
            [kept - Self.capacity])
    }

    private static func key(_ subject: AttemptLimit.Subject) -> String { AccessStore.hash("\(subject)") }
}
