import Contracts
import Storage

/// How long workers could be heard so far, and whose beat said so last.
struct HeardTimeStore {
    let database: Database

    static let migration = Migration(
        "2026-11 heard time",
        sql: """
            -- One row from the first beat on: the time in which workers could be heard, which leaseUntil and deadline of jobs
            -- and stages count by, and the beat that it went on with last: who sent it, and when by the sender's clock.
            CREATE TABLE heardTime (
                id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
                at INTEGER NOT NULL,
                sender TEXT NOT NULL,
                sentAt INTEGER NOT NULL
            );
            """)

    /// It begins with the time of the day at the first beat.
    func now() throws -> HeardTime {
        try database.value("SELECT at FROM heardTime WHERE id = 1")
            ?? HeardTime(milliseconds: Timestamp.now.milliseconds)
    }

    /// Goes on to a beat.
    /// - Parameter limit: the most that may count at once.
    /// - Returns: what it is now and whether all that passed since the beat before was heard; `nil` for one that came before.
    func advance(to beat: PlatformBeat, limit: Duration) throws -> (now: HeardTime, isWhole: Bool)? {
        guard let row = try database.row("SELECT at, sender, sentAt FROM heardTime WHERE id = 1") else {
            let now = try now()
            try database.execute(
                "INSERT INTO heardTime (id, at, sender, sentAt) VALUES (1, ?, ?, ?)", [now, beat.sender, beat.at])
            return (now, false)
        }
        let (sender, sentAt) = (try row["sender"] as String, try row["sentAt"] as Int64)
        let isKnown = sender == beat.sender
        guard !isKnown || beat.at > sentAt else { return nil }
        let (passed, isTooLong) = beat.at.subtractingReportingOverflow(sentAt)
        let elapsed: Duration = isKnown ? (isTooLong ? limit : .milliseconds(passed)) : .zero
        let now = (try row["at"] as HeardTime).adding(min(elapsed, limit))
        try database.execute(
            "UPDATE heardTime SET at = ?, sender = ?, sentAt = ? WHERE id = 1", [now, beat.sender, beat.at])
        return (now, isKnown && elapsed <= limit && !beat.isFirst)
    }
}

extension HeardTime: DatabaseValueConvertible {
    var databaseValue: DatabaseValue { .integer(milliseconds) }

    init?(databaseValue: DatabaseValue) {
        guard case .integer(let value) = databaseValue else { return nil }
        self.init(milliseconds: value)
    }
}
