import Contracts
import Storage

/// How far time has surely come, for what is forgotten by its age: it follows the clock no faster than the service has been
/// up, so that a clock that is far ahead for a while has nothing deleted that is needed once it is right again.
struct ClockStore {
    let database: Database

    /// The moment up to which something may be forgotten; at the first time the newest there is in the audit log.
    func reached(now: Timestamp) throws -> Timestamp { min(now, try kept(now)) }

    /// Time has gone on.
    /// - Parameter step: by this much at most.
    func advance(by step: Duration, now: Timestamp) throws {
        let kept = try kept(now)
        try database.execute(
            "INSERT INTO clocks (name, at) VALUES ('age', ?) ON CONFLICT (name) DO UPDATE SET at = excluded.at",
            [max(kept, min(now, kept.adding(step)))])
    }

    private func kept(_ now: Timestamp) throws -> Timestamp {
        try database.value("SELECT at FROM clocks WHERE name = 'age'")
            ?? database.value("SELECT at FROM audit ORDER BY serial DESC LIMIT 1") ?? now
    }
}
