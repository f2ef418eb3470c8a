import Contracts
import FoundationEssentials
import Storage

/// One event for one address.
struct Notification: Sendable, Equatable {
    var row: Int64
    var event: MessageID
    var endpoint: String
    /// What it keeps its order in: the events of one run.
    var chain: String?
    /// As it came from the broker: what is signed and posted, the same at every attempt.
    var body: [UInt8]
    /// Attempts that ended.
    var attempts: Int
}

/// The notifier's outbox: what waits, every attempt and how it ended, and the addresses that want no more.
struct NotificationStore: Sendable {
    let store: Store

    static func open(at path: String) throws -> NotificationStore {
        NotificationStore(store: try Store.open(at: path, migrations: NotificationSchema.migrations))
    }

    /// Adds a notification for each address; what is there already stays as it is, so a redelivered event is told once.
    /// - Returns: the addresses it is new for.
    func add(
        _ event: CloudEvent, body: [UInt8], to endpoints: [String], now: Timestamp = .now
    ) async throws -> [String] {
        guard !endpoints.isEmpty else { return [] }
        return try await store.write { database in
            let off = Set<String>(try database.values("SELECT endpoint FROM disabled"))
            let told = endpoints.filter { !off.contains($0) }
            guard !told.isEmpty else { return [] }
            try database.execute(
                "INSERT INTO event (id, type, body, createdAt) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                [event.id, event.type, body, now])
            let chain = event.data.context.chainId
            return try told.filter { endpoint in
                try database.execute(
                    """
                    INSERT INTO delivery (event, endpoint, chain, dueAt, state, createdAt)
                    SELECT event.row, ?2, ?3, iif(behind, NULL, ?4), iif(behind, 'queued', 'waiting'), ?4
                    FROM event, (SELECT EXISTS (
                        SELECT 1 FROM delivery
                        WHERE endpoint = ?2 AND chain = ?3 AND state IN ('waiting', 'queued')) AS behind)
                    WHERE event.id = ?1
                    ON CONFLICT DO NOTHING
                    """, [event.id, endpoint, chain, now]) > 0
            }
        }
    }

    /// What is to be tried now, the longest due first; at most one of each chain.
    func due(for endpoint: String, limit: Int, now: Timestamp = .now) async throws -> [Notification] {
        try await store.read { database in
            try database.rows(
                """
                SELECT delivery.row, event.id, endpoint, chain, body, attempts
                FROM delivery JOIN event ON event.row = delivery.event
                WHERE endpoint = ? AND dueAt <= ? ORDER BY dueAt, delivery.row LIMIT ?
                """, [endpoint, now, limit]
            ).map { row in
                try Notification(
                    row: row["row"], event: row["id"], endpoint: row["endpoint"], chain: row["chain"],
                    body: row["body"], attempts: row["attempts"])
            }
        }
    }

    /// When the next one is to be tried.
    func nextDue(for endpoint: String) async throws -> Timestamp? {
        try await store.read { database in
            try database.value("SELECT MIN(dueAt) FROM delivery WHERE endpoint = ?", [endpoint])
        }
    }

    /// How long the address is still to be left alone, as its last answer asked (`Retry-After`).
    func pause(for endpoint: String, now: Timestamp = .now) async throws -> Duration {
        let until: Timestamp? = try await store.read { database in
            try database.value("SELECT until FROM pause WHERE endpoint = ?", [endpoint])
        }
        // However the clock was set meanwhile.
        let longest = DeliveryPolicy.longestRetryAfter * 1_000
        return .milliseconds(min(max(0, (until ?? now).milliseconds - now.milliseconds), longest))
    }

    /// Notes how an attempt ended and what follows.
    /// - Returns: how many wait no more.
    func record(
        _ outcome: PostOutcome, _ verdict: DeliveryVerdict, of notification: Notification, began: Timestamp,
        now: Timestamp = .now
    ) async throws -> Int {
        try await store.write { database in
            try database.execute(
                """
                INSERT INTO deliveryAttempt (delivery, number, at, milliseconds, status, error)
                VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                """,
                [
                    notification.row, notification.attempts + 1, began, now.milliseconds - began.milliseconds,
                    outcome.status, outcome.remark,
                ])
            try database.execute(
                "UPDATE delivery SET attempts = ? WHERE row = ?", [notification.attempts + 1, notification.row])
            let pause = DeliveryPolicy.pause(after: outcome)
            if pause > .zero {
                try database.execute(
                    """
                    INSERT INTO pause (endpoint, until) VALUES (?1, ?2)
                    ON CONFLICT (endpoint) DO UPDATE SET until = max(until, ?2)
                    """, [notification.endpoint, now.adding(pause)])
            }
            let over: Int
            switch verdict {
            case .retry(let after):
                try database.execute(
                    "UPDATE delivery SET dueAt = ? WHERE row = ? AND state = 'waiting'",
                    [now.adding(after), notification.row])
                over = 0
            case .delivered: over = try Self.finish(notification, "delivered", now, in: database)
            case .giveUp: over = try Self.finish(notification, "failed", now, in: database)
            case .disable: over = try Self.disable(notification, now, in: database)
            }
            try Self.forgetOld(now, in: database)
            return over
        }
    }
}
