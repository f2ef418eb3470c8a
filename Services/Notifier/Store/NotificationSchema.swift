import Storage

/// The tables of the notifier's outbox.
enum NotificationSchema {
    static let migrations = [first, oneBody, pauses]

    private static let first = Migration(
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

    /// An event's body is kept once, for however many addresses; the events of one run wait for one another.
    private static let oneBody = Migration(
        "one body for all addresses",
        sql: """
            CREATE TABLE event (
                row INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
                id TEXT NOT NULL UNIQUE,
                type TEXT NOT NULL,
                body BLOB NOT NULL,
                createdAt INTEGER NOT NULL
            );
            INSERT INTO event (id, type, body, createdAt)
                SELECT event, type, body, MIN(createdAt) FROM notification GROUP BY event ORDER BY MIN(row);

            CREATE TABLE delivery (
                row INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
                event INTEGER NOT NULL REFERENCES event (row),
                endpoint TEXT NOT NULL,
                -- Of events with the same chain the next is due when the one before it is delivered or given up.
                chain TEXT,
                attempts INTEGER NOT NULL DEFAULT 0,
                -- When it is to be tried.
                dueAt INTEGER,
                -- waiting, queued behind an earlier one of its chain, delivered, failed.
                state TEXT NOT NULL,
                createdAt INTEGER NOT NULL,
                UNIQUE (event, endpoint)
            );
            INSERT INTO delivery (row, event, endpoint, attempts, dueAt, state, createdAt)
                SELECT notification.row, event.row, endpoint, attempts, dueAt, state, notification.createdAt
                FROM notification JOIN event ON event.id = notification.event;
            CREATE INDEX deliveryByDue ON delivery (endpoint, dueAt) WHERE dueAt IS NOT NULL;
            CREATE INDEX deliveryByChain ON delivery (endpoint, chain, row) WHERE state IN ('waiting', 'queued');
            CREATE INDEX deliveryByAge ON delivery (createdAt) WHERE state IN ('delivered', 'failed');

            CREATE TABLE deliveryAttempt (
                delivery INTEGER NOT NULL REFERENCES delivery (row) ON DELETE CASCADE,
                number INTEGER NOT NULL,
                at INTEGER NOT NULL,
                milliseconds INTEGER NOT NULL,
                status INTEGER,
                error TEXT,
                PRIMARY KEY (delivery, number)
            ) WITHOUT ROWID;
            INSERT INTO deliveryAttempt SELECT * FROM attempt;
            DROP TABLE attempt;
            DROP TABLE notification;
            """)

    /// Until when addresses asked to be left alone.
    private static let pauses = Migration(
        "pauses",
        sql: "CREATE TABLE pause (endpoint TEXT NOT NULL PRIMARY KEY, until INTEGER NOT NULL)")
}
