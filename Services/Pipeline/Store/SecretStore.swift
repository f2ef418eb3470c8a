import Contracts
import GRDB
import Storage

/// Sealed values: secrets of all repositories, of one, and logins of registries. Never opened here.
struct SecretStore {
    let database: Database

    /// - Parameter repository: `nil` for a secret of all.
    func save(_ name: String, repository: RepositoryPath?, sealed: SealedSecret, now: Timestamp) throws {
        try database.execute(
            sql: """
                INSERT INTO secrets (repository, name, sealed, updatedAt) VALUES (?, ?, ?, ?)
                ON CONFLICT (repository, name) DO UPDATE SET sealed = excluded.sealed, updatedAt = excluded.updatedAt
                """, arguments: [repository?.rawValue ?? "", name, sealed, now])
    }

    /// - Returns: `false` if there is none.
    func remove(_ name: String, repository: RepositoryPath?) throws -> Bool {
        try database.execute(
            sql: "DELETE FROM secrets WHERE repository = ? AND name = ?",
            arguments: [repository?.rawValue ?? "", name])
        return database.changesCount > 0
    }

    /// The names of all secrets, those of all repositories first.
    func names() throws -> [SecretView] {
        try Row.fetchAll(
            database, sql: "SELECT repository, name, updatedAt FROM secrets ORDER BY repository, name"
        ).map(Self.view)
    }

    /// The names a repository's steps may use: its own, and those of all repositories that its own do not hide.
    func names(for repository: RepositoryPath) throws -> [SecretView] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT MAX(repository) AS repository, name, updatedAt FROM secrets WHERE repository IN ('', ?)
                GROUP BY name ORDER BY name
                """, arguments: [repository]
        ).map(Self.view)
    }

    private static func view(_ row: Row) -> SecretView {
        let repository: String = row["repository"]
        return SecretView(
            name: row["name"], repository: repository.isEmpty ? nil : RepositoryPath(rawValue: repository),
            updatedAt: row["updatedAt"])
    }

    /// The secrets a repository's steps may name; its own win over those of all.
    func sealed(for repository: RepositoryPath) throws -> [String: SealedSecret] {
        var found: [String: SealedSecret] = [:]
        for row in try Row.fetchAll(
            database, sql: "SELECT name, sealed FROM secrets WHERE repository IN ('', ?) ORDER BY repository",
            arguments: [repository])
        {
            let name: String = row["name"]
            found[name] = row["sealed"]
        }
        return found
    }

    func saveRegistry(_ host: String, username: String, sealed: SealedSecret, now: Timestamp) throws {
        try database.execute(
            sql: """
                INSERT INTO registries (host, sealed, username, updatedAt) VALUES (?, ?, ?, ?)
                ON CONFLICT (host) DO UPDATE SET sealed = excluded.sealed, username = excluded.username,
                    updatedAt = excluded.updatedAt
                """, arguments: [host, sealed, username, now])
    }

    func removeRegistry(_ host: String) throws -> Bool {
        try database.execute(sql: "DELETE FROM registries WHERE host = ?", arguments: [host])
        return database.changesCount > 0
    }

    /// Hosts and the user names they are signed in to with.
    func registryHosts() throws -> [(host: String, username: String)] {
        try Row.fetchAll(database, sql: "SELECT host, username FROM registries ORDER BY host")
            .map { ($0["host"], $0["username"]) }
    }

    /// Sealed logins by host.
    func registries() throws -> [String: SealedSecret] {
        var found: [String: SealedSecret] = [:]
        for row in try Row.fetchAll(database, sql: "SELECT host, sealed FROM registries") {
            let host: String = row["host"]
            found[host] = row["sealed"]
        }
        return found
    }
}
