import Contracts
import Secrets
import Storage

/// Sealed values: secrets of all repositories, of one, and logins of registries. Never opened here.
struct SecretStore {
    static let rules = Migration(
        "2026-11 secrets",
        sql: """
            -- Which jobs get it; none for the usual ones: every branch and tag, and no merge request. A `repository` that
            -- ends in a slash is a group.
            ALTER TABLE secrets ADD COLUMN rules TEXT;
            """)

    let database: Database

    func save(_ secret: Secret) throws {
        try database.execute(
            """
            INSERT INTO secrets (repository, name, sealed, rules, updatedAt) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (repository, name) DO UPDATE SET sealed = excluded.sealed, rules = excluded.rules,
                updatedAt = excluded.updatedAt
            """, [secret.owner.key, secret.name, secret.sealed, JSONColumn(secret.rules), secret.updatedAt])
    }

    func find(_ name: String, of owner: SecretOwner) throws -> Secret? {
        try database.row("SELECT * FROM secrets WHERE repository = ? AND name = ?", [owner.key, name])
            .map(Self.secret)
    }

    /// - Returns: `false` if there is none.
    func remove(_ name: String, of owner: SecretOwner) throws -> Bool {
        try database.execute("DELETE FROM secrets WHERE repository = ? AND name = ?", [owner.key, name]) > 0
    }

    /// All of them, those of all repositories first.
    func all() throws -> [Secret] {
        try database.rows("SELECT * FROM secrets ORDER BY repository, name").map(Self.secret)
    }

    /// Those a repository's steps may name, by name: its own, and those of its groups and of all repositories, of which
    /// the nearer hides the others, whatever its rules.
    func all(for repository: RepositoryPath) throws -> [Secret] {
        var found: [String: Secret] = [:]
        for owner in SecretOwner.all(of: repository) {
            for row in try database.rows("SELECT * FROM secrets WHERE repository = ?", [owner.key]) {
                let secret = try Self.secret(row)
                found[secret.name] = secret
            }
        }
        return found.values.sorted { $0.name < $1.name }
    }

    private static func secret(_ row: Row) throws -> Secret {
        try Secret(
            name: row["name"], owner: SecretOwner(key: row["repository"]), rules: row.json("rules") ?? SecretRules(),
            sealed: row["sealed"], updatedAt: row["updatedAt"])
    }

    func saveRegistry(_ host: String, username: String, sealed: SealedSecret, now: Timestamp) throws {
        try database.execute(
            """
            INSERT INTO registries (host, sealed, username, updatedAt) VALUES (?, ?, ?, ?)
            ON CONFLICT (host) DO UPDATE SET sealed = excluded.sealed, username = excluded.username,
                updatedAt = excluded.updatedAt
            """, [host, sealed, username, now])
    }

    func removeRegistry(_ host: String) throws -> Bool {
        try database.execute("DELETE FROM registries WHERE host = ?", [host]) > 0
    }

    /// Hosts and the user names they are signed in to with.
    func registryHosts() throws -> [(host: String, username: String)] {
        try database.rows("SELECT host, username FROM registries ORDER BY host")
            .map { (try $0["host"], try $0["username"]) }
    }

    /// Sealed logins by host.
    func registries() throws -> [String: SealStore.Kept] {
        var found: [String: SealStore.Kept] = [:]
        for row in try database.rows("SELECT host, sealed FROM registries") {
            let host: String = try row["host"]
            found[host] = try .init(sealed: row["sealed"], binding: .kept(registry: host))
        }
        return found
    }
}
