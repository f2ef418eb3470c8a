import Contracts
import Storage

/// What becomes of notifications that are over, and of those for addresses that are no more.
extension NotificationStore {
    /// It is delivered or given up; the next of its chain is due.
    static func finish(
        _ notification: Notification, _ state: String, _ now: Timestamp, in database: Database
    ) throws -> Int {
        let over = try database.execute(
            "UPDATE delivery SET dueAt = NULL, state = ? WHERE row = ? AND state = 'waiting'",
            [state, notification.row])
        if let chain = notification.chain {
            try database.execute(
                """
                UPDATE delivery SET dueAt = ?, state = 'waiting' WHERE state = 'queued' AND row =
                    (SELECT MIN(row) FROM delivery
                     WHERE endpoint = ? AND chain = ? AND state IN ('waiting', 'queued'))
                """, [now, notification.endpoint, chain])
        }
        return over
    }

    /// The address wants no more, and is told nothing more.
    static func disable(_ notification: Notification, _ now: Timestamp, in database: Database) throws -> Int {
        try database.execute(
            "INSERT INTO disabled (endpoint, at, event) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            [notification.endpoint, now, notification.event])
        return try database.execute(
            """
            UPDATE delivery SET dueAt = NULL, state = 'failed'
            WHERE endpoint = ? AND state IN ('waiting', 'queued')
            """, [notification.endpoint])
    }

    /// What is over is kept for a month, for people to look at.
    static func forgetOld(_ now: Timestamp, in database: Database) throws {
        let old = try database.rows(
            """
            SELECT row, event FROM delivery WHERE state IN ('delivered', 'failed') AND createdAt < ?
            ORDER BY createdAt LIMIT 10
            """, [now.adding(.seconds(-30 * 86_400))])
        for row in old {
            try database.execute("DELETE FROM delivery WHERE row = ?", [try row["row"] as Int64])
            try database.execute(
                "DELETE FROM event WHERE row = ?1 AND NOT EXISTS (SELECT 1 FROM delivery WHERE event = ?1)",
                [try row["event"] as Int64])
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
            let known = try database.rows(
                """
                SELECT endpoint, COUNT(*) AS count FROM delivery WHERE state IN ('waiting', 'queued')
                GROUP BY endpoint
                """)
            for row in known {
                let endpoint: String = try row["endpoint"]
                if endpoints.contains(endpoint) {
                    beginning.waiting[endpoint] = try row["count"]
                } else {
                    beginning.removed += try database.execute(
                        "DELETE FROM delivery WHERE endpoint = ? AND state IN ('waiting', 'queued')", [endpoint])
                }
            }
            if beginning.removed > 0 {
                try database.execute(
                    "DELETE FROM event WHERE NOT EXISTS (SELECT 1 FROM delivery WHERE event = event.row)")
            }
            for endpoint in try database.values("SELECT endpoint FROM pause") as [String]
            where !endpoints.contains(endpoint) {
                try database.execute("DELETE FROM pause WHERE endpoint = ?", [endpoint])
            }
            for endpoint in try database.values("SELECT endpoint FROM disabled ORDER BY endpoint") as [String] {
                if !endpoints.contains(endpoint) || enabled.contains(endpoint) {
                    try database.execute("DELETE FROM disabled WHERE endpoint = ?", [endpoint])
                } else {
                    beginning.disabled.append(endpoint)
                }
            }
            return beginning
        }
    }
}
