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

    func names(repository: RepositoryPath?) throws -> [SecretView] {
        try Row.fetchAll(
            database, sql: "SELECT name, updatedAt FROM secrets WHERE repository = ? ORDER BY name",
            arguments: [repository?.rawValue ?? ""]
        ).map { SecretView(name: $0["name"], repository: repository, updatedAt: $0["updatedAt"]) }
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
