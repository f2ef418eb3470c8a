import Contracts
import FoundationEssentials
import GRDB
import Storage

/// One event for one address.
struct Notification: Sendable, Equatable {
    var row: Int64
    var event: MessageID
    var endpoint: String
    /// As it came from the broker: what is signed and posted, the same at every attempt.
    var body: [UInt8]
    /// Attempts that ended.
    var attempts: Int
}

/// The notifier's outbox: what waits, every attempt and how it ended, and the addresses that want no more.
struct NotificationStore: Sendable {
    let store: Store

    static func open(at path: String) throws -> NotificationStore {
        NotificationStore(store: try Store.open(at: path, migrations: [schema]))
    }

    private static let schema = Migration(
        "notifications",
        sql: """
            CREATE TABLE notification (
                row INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
                event TEXT NOT NULL,
                endpoint TEXT NOT NULL,
                type TEXT NOT NULL,
                body BLOB NOT NULL,
                attempts INTEGER NOT NULL DEFAULT 0,
                -- When it is to be tried; NULL once it is delivered or given up.
                dueAt INTEGER,
                state TEXT NOT NULL DEFAULT 'waiting',
                createdAt INTEGER NOT NULL,
                UNIQUE (event, endpoint)
            );
            CREATE INDEX notificationByDue ON notification (endpoint, dueAt) WHERE dueAt IS NOT NULL;
            CREATE INDEX notificationByAge ON notification (createdAt) WHERE dueAt IS NULL;
            CREATE TABLE attempt (
                notification INTEGER NOT NULL REFERENCES notification (row) ON DELETE CASCADE,
                number INTEGER NOT NULL,
                at INTEGER NOT NULL,
                milliseconds INTEGER NOT NULL,
                status INTEGER,
                error TEXT,
                PRIMARY KEY (notification, number)
            ) WITHOUT ROWID;
            CREATE TABLE disabled (endpoint TEXT NOT NULL PRIMARY KEY, at INTEGER NOT NULL, event TEXT NOT NULL);
            """)

    /// Adds a notification for each address; what is there already stays as it is, so a redelivered event is told once.
    func add(_ event: CloudEvent, body: [UInt8], to endpoints: [String], now: Timestamp = .now) async throws {
        guard !endpoints.isEmpty else { return }
        try await store.write { database in
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO notification (event, endpoint, type, body, dueAt, createdAt)
                    SELECT ?, ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM disabled WHERE endpoint = ?)
                    ON CONFLICT DO NOTHING
                    """)
            for endpoint in endpoints {
                try statement.execute(arguments: [
                    event.id, endpoint, event.type, Data(body), now, now, endpoint,
                ])
            }
        }
    }

    /// What is to be tried now, the longest due first.
    func due(for endpoint: String, limit: Int, now: Timestamp = .now) async throws -> [Notification] {
        try await store.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT row, event, endpoint, body, attempts FROM notification
                    WHERE endpoint = ? AND dueAt <= ? ORDER BY dueAt, row LIMIT ?
                    """, arguments: [endpoint, now, limit]
            ).map { row in
                Notification(
                    row: row["row"], event: row["event"], endpoint: row["endpoint"], body: Array(row["body"] as Data),
                    attempts: row["attempts"])
            }
        }
    }

    /// When the next one is to be tried.
    func nextDue(for endpoint: String) async throws -> Timestamp? {
        try await store.read { database in
            try Timestamp.fetchOne(
                database, sql: "SELECT MIN(dueAt) FROM notification WHERE endpoint = ?", arguments: [endpoint])
        }
    }

    /// Notes how an attempt ended and what follows.
    func record(
        _ outcome: PostOutcome, _ verdict: DeliveryVerdict, of notification: Notification, began: Timestamp,
        now: Timestamp = .now
    ) async throws {
        var status: Int?
        var error: String?
        switch outcome {
        case .answered(let answered, _): status = answered
        case .failed(let reason): error = reason
        }
        let row = notification.row
        let number = notification.attempts + 1
        let (failedStatus, failure) = (status, error)
        try await store.write { database in
            try database.execute(
                sql: """
                    INSERT INTO attempt (notification, number, at, milliseconds, status, error) VALUES (?, ?, ?, ?, ?, ?)
                    ON CONFLICT DO NOTHING
                    """,
                arguments: [row, number, began, now.milliseconds - began.milliseconds, failedStatus, failure])
            var due: Timestamp?
            let state: String
            switch verdict {
            case .delivered: state = "delivered"
            case .giveUp: state = "failed"
            case .retry(let after): (state, due) = ("waiting", now.adding(after))
            case .disable:
                state = "failed"
                try database.execute(
                    sql: "INSERT INTO disabled (endpoint, at, event) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                    arguments: [notification.endpoint, now, notification.event])
                try database.execute(
                    sql:
                        "UPDATE notification SET dueAt = NULL, state = 'failed' WHERE endpoint = ? AND dueAt IS NOT NULL",
                    arguments: [notification.endpoint])
            }
            try database.execute(
                sql: "UPDATE notification SET attempts = ?, dueAt = ?, state = ? WHERE row = ?",
                arguments: [number, due, state, row])
            // What is over is kept for a month, for people to look at.
            try database.execute(
                sql: """
                    DELETE FROM notification WHERE row IN
                        (SELECT row FROM notification WHERE dueAt IS NULL AND createdAt < ? ORDER BY createdAt LIMIT 10)
                    """, arguments: [now.adding(.seconds(-30 * 86_400))])
        }
    }
}
