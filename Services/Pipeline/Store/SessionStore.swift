import Contracts
import Storage

/// Browsers that are signed in, by the hashes of their secrets.
struct SessionStore {
    let database: Database

    func add(_ secret: String, _ session: Session) throws {
        try database.execute(
            """
            INSERT INTO sessions (hash, id, account, token, createdAt, usedAt, expiresAt, client, agent)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                AccessStore.hash(secret), session.id, session.account, session.token, session.createdAt,
                session.usedAt, session.expiresAt, session.client, session.agent,
            ])
    }

    private static let good = """
        SELECT sessions.id, sessions.account, sessions.token, sessions.createdAt, sessions.usedAt, sessions.expiresAt,
            client, agent
        FROM sessions JOIN accounts ON accounts.name = sessions.account
        LEFT JOIN tokens ON tokens.hash = sessions.token
        WHERE sessions.expiresAt > ?1 AND sessions.expiresAt <= ?2 AND sessions.usedAt > ?3
            AND accounts.blockedAt IS NULL
            AND (sessions.token IS NULL OR tokens.hash IS NOT NULL)
        """

    /// The session of a secret; `nil` where it is over: it ends with its token too, however that was removed.
    /// Looked up by hash, so the time it takes tells nothing of the secret.
    func find(_ secret: String, _ policy: SessionPolicy, now: Timestamp) throws -> Session? {
        try database.row(
            Self.good + " AND sessions.hash = ?4", Self.bounds(policy, now) + [AccessStore.hash(secret)]
        ).map(Self.session)
    }

    private static func bounds(_ policy: SessionPolicy, _ now: Timestamp) -> [any DatabaseValueConvertible] {
        [now, now.adding(policy.life + SessionPolicy.leeway), now.adding(.zero - policy.idle)]
    }

    /// An account's, the newest first.
    func all(of account: String, _ policy: SessionPolicy, now: Timestamp) throws -> [Session] {
        try database.rows(
            Self.good + " AND sessions.account = ?4 ORDER BY sessions.createdAt DESC, sessions.id",
            Self.bounds(policy, now) + [account]
        ).map(Self.session)
    }

    func find(id: String) throws -> (account: String, id: String)? {
        try database.row("SELECT account, id FROM sessions WHERE id = ?", [id]).map {
            (try $0["account"], try $0["id"])
        }
    }

    private static func session(_ row: Row) throws -> Session {
        Session(
            id: try row["id"], account: try row["account"], token: try row["token"], createdAt: try row["createdAt"],
            usedAt: try row["usedAt"], expiresAt: try row["expiresAt"], client: try row["client"],
            agent: try row["agent"])
    }

    func used(_ id: String, now: Timestamp) throws {
        try database.execute("UPDATE sessions SET usedAt = ? WHERE id = ? AND usedAt < ?", [now, id, now])
    }

    func remove(_ secret: String) throws {
        try database.execute("DELETE FROM sessions WHERE hash = ?", [AccessStore.hash(secret)])
    }

    func remove(id: String) throws { try database.execute("DELETE FROM sessions WHERE id = ?", [id]) }

    /// Ends an account's.
    /// - Parameter kept: one that stays.
    /// - Returns: how many it were.
    @discardableResult
    func removeAll(of account: String, but kept: String? = nil) throws -> Int {
        try database.execute(
            "DELETE FROM sessions WHERE account = ? AND id <> ?", [account, kept ?? ""])
    }

    /// Forgets those that were over at a moment.
    func prune(before moment: Timestamp) throws {
        try database.execute("DELETE FROM sessions WHERE expiresAt <= ?", [moment])
    }
}
