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

    /// Forgets those that were last seen before a moment.
    func end(before moment: Timestamp) throws -> [Kept] {
        let ended = try database.rows("SELECT * FROM troubles WHERE seenAt < ? ORDER BY since", [moment]).map(Self.kept)
        for kept in ended {
            try database.execute(
                "DELETE FROM troubles WHERE kind = ? AND subject = ?",
                [kept.trouble.kind.rawValue, kept.trouble.subject])
        }
        return ended
    }

    func all() throws -> [Kept] { try database.rows("SELECT * FROM troubles ORDER BY since").map(Self.kept) }

    private static func kept(_ row: Row) throws -> Kept {
        let name: String = try row["kind"]
        guard let kind = TroubleKind(rawValue: name) else {
            throw StoreError(.corrupt, "“\(name)” is no kind of trouble")
        }
        return try Kept(
            trouble: Trouble(kind: kind, subject: row["subject"], message: row["message"]), id: row["id"],
            since: row["since"])
    }
}
