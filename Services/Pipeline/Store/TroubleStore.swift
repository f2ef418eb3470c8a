import Contracts
import Storage

/// The troubles there are, each told when it began and once it is over.
struct TroubleStore {
    let database: Database

    static let migration = Migration(
        "2026-11 troubles",
        sql: """
            CREATE TABLE troubles (
                kind TEXT NOT NULL,
                subject TEXT NOT NULL,
                -- What its events are known by.
                id TEXT NOT NULL,
                message TEXT NOT NULL,
                since INTEGER NOT NULL,
                seenAt INTEGER NOT NULL,
                PRIMARY KEY (kind, subject)
            ) WITHOUT ROWID;
            """)

    /// One that lasts, or lasted.
    struct Kept: Sendable, Equatable {
        var trouble: Trouble
        var id: MessageID
        var since: Timestamp
    }

    /// It is there.
    /// - Returns: it, where it was not there before.
    func saw(_ trouble: Trouble, now: Timestamp) throws -> Kept? {
        let isKnown = try database.execute(
            "UPDATE troubles SET seenAt = ? WHERE kind = ? AND subject = ?",
            [now, trouble.kind.rawValue, trouble.subject])
        guard isKnown == 0 else { return nil }
        let kept = Kept(trouble: trouble, id: .make(at: now), since: now)
        try database.execute(
            "INSERT INTO troubles (kind, subject, id, message, since, seenAt) VALUES (?, ?, ?, ?, ?, ?)",
            [trouble.kind.rawValue, trouble.subject, kept.id, trouble.message, now, now])
        return kept
    }

    /// Forgets those that have not been seen for a while, also where the clock that they were seen by was ahead.
    func end(after quiet: Duration, now: Timestamp) throws -> [Kept] {
        let ended = try database.rows(
            "SELECT * FROM troubles WHERE seenAt < ? OR seenAt > ? ORDER BY since",
            [now.adding(.zero - quiet), now.adding(quiet)]
        ).compactMap(Self.kept)
        for kept in ended {
            try database.execute(
                "DELETE FROM troubles WHERE kind = ? AND subject = ?",
                [kept.trouble.kind.rawValue, kept.trouble.subject])
        }
        return ended
    }

    func all() throws -> [Kept] { try database.rows("SELECT * FROM troubles ORDER BY since").compactMap(Self.kept) }

    /// - Returns: `nil` for one that a newer version looks for.
    private static func kept(_ row: Row) throws -> Kept? {
        guard let kind = TroubleKind(rawValue: try row["kind"]) else { return nil }
        return try Kept(
            trouble: Trouble(kind: kind, subject: row["subject"], message: row["message"]), id: row["id"],
            since: row["since"])
    }
}
