public import Contracts
import FoundationEssentials
public import Messaging

/// Messages that a state change sends, written in the same transaction. ``OutboxRelay`` publishes them.
public struct Outbox: Sendable {
    /// The table, as a migration of the service's schema. `AUTOINCREMENT`, so that a sequence number is never used
    /// again after its row was deleted.
    public static let migration = Migration(
        "outbox",
        sql: """
            CREATE TABLE outbox (
                sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
                orderKey TEXT,
                message BLOB NOT NULL,
                createdAt INTEGER NOT NULL
            );
            """)

    /// A message that waits.
    public struct Row: Sendable {
        public var sequence: Int64
        /// Messages of one key are published one after another, in order; those without a key side by side.
        public var key: String?
        public var message: PreparedMessage
    }

    /// What was read: each row is in one of both lists.
    public struct Page: Sendable {
        public var rows: [Row] = []
        public var unreadable: [UnreadableMessage] = []
    }

    /// Told after every commit that added a row.
    let committed = Signal()

    public init() {}

    /// Adds a message to the transaction.
    /// - Parameter key: messages of one key keep their order.
    /// - Throws: ``StoreError``, and what the message cannot be encoded for.
    public func append(
        _ message: PreparedMessage, key: String? = nil, now: Timestamp = .now, in database: Database
    ) throws {
        try database.execute(
            "INSERT INTO outbox (orderKey, message, createdAt) VALUES (?, ?, ?)", [key, try Wire.encode(message), now])
        database.afterCommit { [committed] in committed.wake() }
    }

    /// The rows after `sequence`, in order. One that cannot be read keeps no other back.
    /// - Parameter limit: how many at most.
    /// - Throws: ``StoreError``.
    public func page(after sequence: Int64 = 0, limit: Int = 1_000, in database: Database) throws -> Page {
        var page = Page()
        for row in try database.rows(
            "SELECT sequence, orderKey, message FROM outbox WHERE sequence > ? ORDER BY sequence LIMIT ?",
            [sequence, limit])
        {
            let sequence: Int64 = try row["sequence"]
            do {
                let message = try Wire.decode(PreparedMessage.self, from: try row["message"])
                page.rows.append(Row(sequence: sequence, key: try row["orderKey"], message: message))
            } catch {
                let text = Self.text(row)
                page.unreadable.append(UnreadableMessage(sequence: sequence, text: text, reason: "\(error)"))
            }
        }
        return page
    }

    /// The rows after `sequence` that can be read, in order.
    /// - Parameter limit: how many are looked at, at most.
    /// - Throws: ``StoreError``.
    public func rows(after sequence: Int64 = 0, limit: Int = 1_000, in database: Database) throws -> [Row] {
        try page(after: sequence, limit: limit, in: database).rows
    }

    private static func text(_ row: Storage.Row) -> String {
        do {
            return String(decoding: try row["message"] as Data, as: UTF8.self)
        } catch {
            return ""
        }
    }

    /// Removes a row whose message is confirmed.
    /// - Parameter sequence: of the row; one that is not there is no error.
    /// - Throws: ``StoreError``.
    public func remove(_ sequence: Int64, in database: Database) throws {
        try database.execute("DELETE FROM outbox WHERE sequence = ?", [sequence])
    }

    /// How many rows wait, and since when the oldest does.
    /// - Throws: ``StoreError``.
    public func backlog(in database: Database) throws -> (count: Int, oldest: Timestamp?) {
        let row = try database.row("SELECT COUNT(*) AS count, MIN(createdAt) AS oldest FROM outbox")
        return (try row?["count"] ?? 0, try row?["oldest"])
    }
}
