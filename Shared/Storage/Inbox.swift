public import Contracts

/// The ids of messages whose effect is in this database. Written in the effect's own transaction, so that a message
/// that comes again is known, whatever was killed in between.
public struct Inbox: Sendable {
    /// The table, as a migration of the service's schema.
    public static let migration = Migration(
        "inbox",
        sql: """
            CREATE TABLE inbox (id TEXT NOT NULL PRIMARY KEY, seenAt INTEGER NOT NULL) WITHOUT ROWID;
            CREATE INDEX inboxBySeenAt ON inbox (seenAt);
            """)

    public init() {}

    /// Notes the message.
    /// - Returns: `false` if it was noted before: its effect has taken place.
    /// - Parameters:
    ///   - id: the message's.
    ///   - now: since when it counts as seen.
    ///   - database: of the transaction that has the message's effect.
    /// - Throws: ``StoreError``.
    public func accept(_ id: MessageID, now: Timestamp = .now, in database: Database) throws(StoreError) -> Bool {
        try database.execute(
            "INSERT INTO inbox (id, seenAt) VALUES (?, ?) ON CONFLICT DO NOTHING", [id, now]) > 0
    }

    /// Forgets ids older than `age`: longer than any message can wait and come again.
    /// - Returns: how many were forgotten, `limit` at most, so that one call does not hold the writer for long.
    /// - Parameters:
    ///   - age: how long ids are kept.
    ///   - now: what `age` counts back from.
    ///   - limit: how many are forgotten at most.
    ///   - database: of a transaction.
    /// - Throws: ``StoreError``.
    @discardableResult
    public func prune(
        olderThan age: Duration = .seconds(14 * 86_400), now: Timestamp = .now, limit: Int = 10_000,
        in database: Database
    ) throws(StoreError) -> Int {
        try database.execute(
            "DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE seenAt < ? ORDER BY seenAt LIMIT ?)",
            [now.adding(.zero - age), limit])
    }
}
