import Contracts
import Storage

/// Commands that wait for a browser, by the hashes of their codes. Whichever process of the service they ask knows them,
/// also after a restart. They are so few and short-lived that those that are over go with the next that begins.
struct LoginStore {
    let database: Database

    /// Whether one more may wait.
    func hasRoom(for network: String, now: Timestamp) throws -> Bool {
        let row = try database.row(
            "SELECT COUNT(*) AS waiting, COUNT(CASE WHEN network = ? THEN 1 END) AS here FROM logins WHERE expiresAt > ?",
            [network, now])
        guard let row else { return true }
        let waiting: Int = try row["waiting"]
        let here: Int = try row["here"]
        return waiting < PendingLogin.capacity.all && here < PendingLogin.capacity.network
    }

    /// - Returns: whether there was room, and nobody waits under the same code.
    func add(_ login: PendingLogin, _ hash: String, now: Timestamp) throws -> Bool {
        try database.execute("DELETE FROM logins WHERE expiresAt <= ?", [now])
        guard try hasRoom(for: login.network, now: now) else { return false }
        return try database.execute(
            """
            INSERT INTO logins (hash, userCode, host, address, network, expiresAt) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (userCode) DO NOTHING
            """, [hash, login.userCode, login.host, login.address, login.network, login.expiresAt]) > 0
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
