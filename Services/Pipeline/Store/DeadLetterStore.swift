import Contracts
import Messaging
import Storage

/// Parked messages, taken off the broker's parking queue so that they can be listed and chosen.
struct DeadLetterStore {
    let database: Database

    /// A message that is parked again replaces what was known of it.
    func add(_ letter: DeadLetter) throws {
        try database.execute(
            """
            INSERT INTO deadLetters (id, queue, type, version, run, contentType, reason, body, parkedAt, sender, bytes)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET
                queue = excluded.queue, reason = excluded.reason, parkedAt = excluded.parkedAt,
                sender = excluded.sender
            """,
            [
                letter.id, letter.queue, letter.type, letter.version, letter.run, letter.contentType, letter.reason,
                letter.body, letter.parkedAt, letter.sender, letter.bytes,
            ])
    }

    /// How many there are of a sender, and how long they are together.
    func held(of sender: String?) throws -> (count: Int, bytes: Int) {
        let condition = sender == nil ? "sender IS NULL" : "sender = ?"
        let row = try database.row(
            "SELECT COUNT(*) AS count, COALESCE(CAST(SUM(bytes) AS BIGINT), 0) AS bytes FROM deadLetters WHERE \(condition)",
            sender.map { [$0] } ?? [])
        return try row.map { (try $0["count"], try $0["bytes"]) } ?? (0, 0)
    }

    /// The newest first.
    func page(before serial: Int64?, limit: Int) throws -> Page<DeadLetterView> {
        let rows = try database.rows(
            "SELECT * FROM deadLetters WHERE serial < ? ORDER BY serial DESC LIMIT ?", [serial ?? .max, limit + 1])
        let shown = rows.prefix(limit)
        let last: Int64? = try shown.last?["serial"]
        return Page(
            items: try shown.map { try Self.letter($0).view }, next: rows.count > limit ? last.map(String.init) : nil)
    }

    func find(_ id: MessageID) throws -> DeadLetter? {
        try database.row("SELECT * FROM deadLetters WHERE id = ?", [id]).map(Self.letter)
    }

    /// What was parked for want of a login and collected by the version before, which knew of no senders. In their order.
    func unsigned(before moment: Timestamp) throws -> [DeadLetter] {
        try database.rows(
            "SELECT * FROM deadLetters WHERE sender IS NULL AND parkedAt < ? AND reason LIKE ? ORDER BY serial",
            [moment, "\(BrokerLogin.unsigned)%"]
        ).map(Self.letter)
    }

    /// What was to be sent and could not be read, in its order.
    func ofOutbox() throws -> [DeadLetter] {
        try database.rows(
            "SELECT * FROM deadLetters WHERE queue = ? ORDER BY serial", [DeadLetter.outbox]
        ).map(Self.letter)
    }

    func remove(_ id: MessageID) throws {
        try database.execute("DELETE FROM deadLetters WHERE id = ?", [id])
    }

    /// How many are not kept any more.
    /// How many there are.
    func count() throws -> Int { try database.value("SELECT COUNT(*) FROM deadLetters") ?? 0 }

    func count(leaving retention: Retention, at now: Timestamp) throws -> Int {
        let all: Int = try database.value("SELECT COUNT(*) FROM deadLetters") ?? 0
        let oldest = now.before(days: retention.parkedDays) ?? Timestamp(milliseconds: 0)
        let old: Int = try database.value("SELECT COUNT(*) FROM deadLetters WHERE parkedAt < ?", [oldest]) ?? 0
        return max(old, retention.parked > 0 ? all - retention.parked : 0)
    }

    /// Removes some of those that are not kept any more, the oldest first.
    /// - Returns: how many, `limit` at most.
    func removeSome(leaving retention: Retention, at now: Timestamp, limit: Int) throws -> Int {
        let count = min(limit, try self.count(leaving: retention, at: now))
        guard count > 0 else { return 0 }
        return try database.execute(
            "DELETE FROM deadLetters WHERE id IN (SELECT id FROM deadLetters ORDER BY parkedAt, serial LIMIT ?)",
            [count])
    }

    /// Since when this version is at work on an installation of before; `nil` on one that began with it.
    func upgradedAt() throws -> Timestamp? {
        try database.value("SELECT startedAt FROM upgrades WHERE name = 'senders'")
    }

    private static func letter(_ row: Row) throws -> DeadLetter {
        try DeadLetter(
            id: row["id"], queue: row["queue"], type: row["type"], version: row["version"], run: row["run"],
            contentType: row["contentType"], reason: row["reason"], body: row["body"], parkedAt: row["parkedAt"],
            sender: row["sender"])
    }
}
