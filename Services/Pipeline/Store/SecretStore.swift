import Contracts
import Storage

/// Sealed values: secrets of all repositories, of one, and logins of registries. Never opened here.
struct SecretStore {
    let database: Database

    /// - Parameter repository: `nil` for a secret of all.
    func save(_ name: String, repository: RepositoryPath?, sealed: SealedSecret, now: Timestamp) throws {
        try database.execute(
            """
            INSERT INTO secrets (repository, name, sealed, updatedAt) VALUES (?, ?, ?, ?)
            ON CONFLICT (repository, name) DO UPDATE SET sealed = excluded.sealed, updatedAt = excluded.updatedAt
            """, [repository?.rawValue ?? "", name, sealed, now])
    }

    /// - Returns: `false` if there is none.
    func remove(_ name: String, repository: RepositoryPath?) throws -> Bool {
        try database.execute(
            "DELETE FROM secrets WHERE repository = ? AND name = ?", [repository?.rawValue ?? "", name]) > 0
    }

    /// The names of all secrets, those of all repositories first.
    func names() throws -> [SecretView] {
        try database.rows("SELECT repository, name, updatedAt FROM secrets ORDER BY repository, name").map(Self.view)
    }

    /// The names a repository's steps may use: its own, and those of all repositories that its own do not hide.
    func names(for repository: RepositoryPath) throws -> [SecretView] {
        try database.rows(
            """
            SELECT repository, name, updatedAt FROM secrets WHERE repository =
                (SELECT MAX(repository) FROM secrets AS other
                 WHERE other.name = secrets.name AND repository IN ('', ?))
            ORDER BY name
            """, [repository]
        ).map(Self.view)
    }

    private static func view(_ row: Row) throws -> SecretView {
        let repository: String = try row["repository"]
        return try SecretView(
            name: row["name"], repository: repository.isEmpty ? nil : RepositoryPath(rawValue: repository),
            updatedAt: row["updatedAt"])
    }

    /// The secrets a repository's steps may name; its own win over those of all.
    func sealed(for repository: RepositoryPath) throws -> [String: SealedSecret] {
        var found: [String: SealedSecret] = [:]
        for row in try database.rows(
            "SELECT name, sealed FROM secrets WHERE repository IN ('', ?) ORDER BY repository", [repository])
        {
            let name: String = try row["name"]
            found[name] = try row["sealed"]
        }
        return found
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
    func registries() throws -> [String: SealedSecret] {
        var found: [String: SealedSecret] = [:]
        for row in try database.rows("SELECT host, sealed FROM registries") {
            let host: String = try row["host"]
            found[host] = try row["sealed"]
        }
        return found
    }
}
