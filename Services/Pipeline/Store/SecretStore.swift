import Contracts
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

    static let logins = Migration(
        "2026-11 logins",
        sql: """
            -- Which jobs it is used for; none for the usual ones. A `host` may have a path behind it.
            ALTER TABLE registries ADD COLUMN rules TEXT;
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

    /// All that belong to what is visible, those of all repositories first.
    func all(_ visibility: Visibility = .all) throws -> [Secret] {
        try database.rows(
            "SELECT * FROM secrets WHERE repository BETWEEN ? AND ? ORDER BY repository, name", visibility.bounds
        ).filter { visibility.covers(RepositoryScope(SecretOwner(key: try $0["repository"]))) }.map(Self.secret)
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

    // MARK: - Registry logins

    func save(_ access: RegistryAccess, now: Timestamp) throws {
        try database.execute(
            """
            INSERT INTO registries (host, sealed, username, rules, updatedAt) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (host) DO UPDATE SET sealed = excluded.sealed, username = excluded.username,
                rules = excluded.rules, updatedAt = excluded.updatedAt
            """,
            [access.place.description, access.sealed, access.username, JSONColumn(access.rules), now])
    }

    /// - Returns: `false` if there is none.
    func remove(registry place: String) throws -> Bool {
        try database.execute("DELETE FROM registries WHERE host = ?", [place]) > 0
    }

    func registry(_ place: String) throws -> RegistryAccess? {
        try database.row("SELECT * FROM registries WHERE host = ?", [place]).map(Self.access)
    }

    /// All logins, by their places.
    func registries() throws -> [RegistryAccess] {
        try database.rows("SELECT * FROM registries ORDER BY host").map(Self.access)
    }

    private static func access(_ row: Row) throws -> RegistryAccess {
        try RegistryAccess(
            place: RegistryPlace(row["host"]), username: row["username"], rules: row.json("rules") ?? RegistryRules(),
            sealed: row["sealed"])
    }
}
