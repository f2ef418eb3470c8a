import Contracts
import Storage

/// Commands that wait for a browser, by the hashes of their codes. Whichever process of the service they ask knows them,
/// also after a restart. They are so few and short-lived that those that are over go with the next that begins.
struct LoginStore {
    let database: Database

    static let pages = Migration(
        "2026-11 login pages",
        sql: """
            -- Whether somebody who is signed in has opened its page.
            ALTER TABLE logins ADD COLUMN isSeen INTEGER NOT NULL DEFAULT 0;
            """)

    /// When there is room for one more: the oldest whose page nobody has opened gives way, once it has been there for a
    /// while, so that who asks often keeps nobody out for long.
    /// - Returns: `nil` for now.
    func room(for network: String, now: Timestamp) throws -> Timestamp? {
        try full(for: network, now: now).flatMap { place in
            let row = try oldest(place, network, now)
            let ends: Timestamp? = try row.map { try $0["expiresAt"] }
            guard let ends else { return now.adding(PendingLogin.life) }
            let moment = ends.adding(PendingLogin.firstLife - PendingLogin.life)
            return moment > now ? moment : nil
        }
    }

    private enum Place { case network, everywhere }

    /// Where as many wait as may.
    private func full(for network: String, now: Timestamp) throws -> Place? {
        let row = try database.row(
            "SELECT COUNT(*) AS waiting, COUNT(CASE WHEN network = ? THEN 1 END) AS here FROM logins WHERE expiresAt > ?",
            [network, now])
        guard let row else { return nil }
        let waiting: Int = try row["waiting"]
        let here: Int = try row["here"]
        if here >= PendingLogin.capacity.network { return .network }
        return waiting >= PendingLogin.capacity.all ? .everywhere : nil
    }

    private func oldest(_ place: Place, _ network: String, _ now: Timestamp) throws -> Row? {
        let only = place == .network ? "AND network = ?2" : "AND network >= ?2"
        return try database.row(
            """
            SELECT hash, expiresAt FROM logins WHERE expiresAt > ?1 \(only) AND isSeen = 0 AND isDecided = 0
            ORDER BY expiresAt, hash LIMIT 1
            """, [now, place == .network ? network : ""])
    }

    /// - Returns: whether there was room, and nobody waits under the same code.
    func add(_ login: PendingLogin, _ hash: String, now: Timestamp) throws -> Bool {
        try database.execute("DELETE FROM logins WHERE expiresAt <= ?", [now])
        guard try room(for: login.network, now: now) == nil else { return false }
        while let place = try full(for: login.network, now: now), let row = try oldest(place, login.network, now) {
            _ = try remove(hash: try row["hash"])
        }
        return try database.execute(
            """
            INSERT INTO logins (hash, userCode, host, address, network, expiresAt) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (userCode) DO NOTHING
            """, [hash, login.userCode, login.host, login.address, login.network, login.expiresAt]) > 0
    }

    /// Somebody who is signed in has opened its page.
    func see(_ userCode: String) throws {
        try database.execute("UPDATE logins SET isSeen = 1 WHERE userCode = ?", [userCode])
    }

    /// The one that waits for a person's word.
    func find(_ userCode: String, now: Timestamp) throws -> PendingLogin? {
        try find("userCode", userCode, now).flatMap { $0.verdict == nil ? $0 : nil }
    }

    /// The one of a command, decided or not; `nil` where nobody asked with this code, or it is over.
    func find(hash: String, now: Timestamp) throws -> PendingLogin? { try find("hash", hash, now) }

    /// - Returns: whether one waited.
    func decide(_ userCode: String, _ verdict: PendingLogin.Verdict, now: Timestamp) throws -> Bool {
        guard try find(userCode, now: now) != nil else { return false }
        var account: String?
        if case .allowed(let name) = verdict { account = name }
        return try database.execute(
            "UPDATE logins SET isDecided = 1, account = ? WHERE userCode = ? AND isDecided = 0", [account, userCode])
            > 0
    }

    /// - Returns: whether it was there.
    func remove(hash: String) throws -> Bool {
        try database.execute("DELETE FROM logins WHERE hash = ?", [hash]) > 0
    }

    /// Those that an account has let in.
    func removeAll(of account: String) throws {
        try database.execute("DELETE FROM logins WHERE account = ?", [account])
    }

    private func find(_ column: String, _ value: String, _ now: Timestamp) throws -> PendingLogin? {
        try database.row(
            "SELECT * FROM logins WHERE \(column) = ? AND expiresAt > ? AND expiresAt <= ?",
            [value, now, now.adding(PendingLogin.life + SessionPolicy.leeway)]
        ).map { row in
            let account: String? = try row["account"]
            let isDecided: Bool = try row["isDecided"]
            return PendingLogin(
                host: try row["host"], address: try row["address"], network: try row["network"],
                userCode: try row["userCode"], expiresAt: try row["expiresAt"],
                verdict: isDecided ? account.map { .allowed(account: $0) } ?? .refused : nil)
        }
    }
}
