import Contracts
import GRDB
import Storage

/// What becomes of notifications that are over, and of those for addresses that are no more.
extension NotificationStore {
    /// It is delivered or given up; the next of its chain is due.
    static func finish(
        _ notification: Notification, _ state: String, _ now: Timestamp, in database: Database
    ) throws -> Int {
        try database.execute(
            sql: "UPDATE delivery SET dueAt = NULL, state = ? WHERE row = ? AND state = 'waiting'",
            arguments: [state, notification.row])
        let over = database.changesCount
        if let chain = notification.chain {
            try database.execute(
                sql: """
                    UPDATE delivery SET dueAt = ?, state = 'waiting' WHERE state = 'queued' AND row =
                        (SELECT MIN(row) FROM delivery
                         WHERE endpoint = ? AND chain = ? AND state IN ('waiting', 'queued'))
                    """, arguments: [now, notification.endpoint, chain])
        }
        return over
    }

    /// The address wants no more, and is told nothing more.
    static func disable(_ notification: Notification, _ now: Timestamp, in database: Database) throws -> Int {
        try database.execute(
            sql: "INSERT INTO disabled (endpoint, at, event) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            arguments: [notification.endpoint, now, notification.event])
        try database.execute(
            sql: """
                UPDATE delivery SET dueAt = NULL, state = 'failed'
                WHERE endpoint = ? AND state IN ('waiting', 'queued')
                """, arguments: [notification.endpoint])
        return database.changesCount
    }

    /// What is over is kept for a month, for people to look at.
    static func forgetOld(_ now: Timestamp, in database: Database) throws {
        let old = try Row.fetchAll(
            database,
            sql: """
                SELECT row, event FROM delivery WHERE state IN ('delivered', 'failed') AND createdAt < ?
                ORDER BY createdAt LIMIT 10
                """, arguments: [now.adding(.seconds(-30 * 86_400))])
        for row in old {
            try database.execute(sql: "DELETE FROM delivery WHERE row = ?", arguments: [row["row"] as Int64])
            try database.execute(
                sql: "DELETE FROM event WHERE row = ?1 AND NOT EXISTS (SELECT 1 FROM delivery WHERE event = ?1)",
                arguments: [row["event"] as Int64])
        }
    }

    /// What a start found.
    struct Beginning: Sendable, Equatable {
        /// How many wait for each address.
        var waiting: [String: Int] = [:]
        /// Notifications that went with their address.
        var removed = 0
        /// Addresses that answered 410 and are told nothing.
        var disabled: [String] = []
    }

    /// Makes the outbox fit the addresses there are now: what waits for one that was removed goes, and that it answered
    /// 410 is forgotten.
    /// - Parameter enabled: addresses to tell again although they answered 410.
    func begin(with endpoints: [String], enabling enabled: [String] = []) async throws -> Beginning {
        try await store.write { database in
            var beginning = Beginning()
            let known = try Row.fetchAll(
                database,
                sql: """
                    SELECT endpoint, COUNT(*) AS count FROM delivery WHERE state IN ('waiting', 'queued')
                    GROUP BY endpoint
                    """)
            for row in known {
                let endpoint: String = row["endpoint"]
                if endpoints.contains(endpoint) {
                    beginning.waiting[endpoint] = row["count"]
                } else {
                    try database.execute(
                        sql: "DELETE FROM delivery WHERE endpoint = ? AND state IN ('waiting', 'queued')",
                        arguments: [endpoint])
                    beginning.removed += database.changesCount
                }
            }
            if beginning.removed > 0 {
                try database.execute(
                    sql: "DELETE FROM event WHERE NOT EXISTS (SELECT 1 FROM delivery WHERE event = event.row)")
            }
            for endpoint in try String.fetchAll(database, sql: "SELECT endpoint FROM disabled ORDER BY endpoint") {
                if !endpoints.contains(endpoint) || enabled.contains(endpoint) {
                    try database.execute(sql: "DELETE FROM disabled WHERE endpoint = ?", arguments: [endpoint])
                } else {
                    beginning.disabled.append(endpoint)
                }
            }
            return beginning
        }
    }
}
