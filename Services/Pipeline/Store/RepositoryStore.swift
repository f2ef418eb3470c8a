import Contracts
import GRDB
import Storage

/// A repository as it is kept.
struct Repository: Sendable, Equatable {
    var path: RepositoryPath
    var cloneURL: String
    var defaultBranch: String
    var allowsFile: Bool
    var username: String?
    var token: SealedSecret?
    var createdAt: Timestamp
}

/// Repositories and the components associated with them.
struct RepositoryStore {
    let database: Database

    func find(_ path: RepositoryPath) throws -> Repository? {
        try Row.fetchOne(database, sql: "SELECT * FROM repositories WHERE path = ?", arguments: [path])
            .map(Self.repository)
    }

    func all() throws -> [Repository] {
        try Row.fetchAll(database, sql: "SELECT * FROM repositories ORDER BY path").map(Self.repository)
    }

    func save(_ repository: Repository) throws {
        try database.execute(
            sql: """
                INSERT INTO repositories (path, cloneURL, defaultBranch, allowsFile, username, token, createdAt)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (path) DO UPDATE SET cloneURL = excluded.cloneURL, defaultBranch = excluded.defaultBranch,
                    allowsFile = excluded.allowsFile, username = excluded.username, token = excluded.token
                """,
            arguments: [
                repository.path, repository.cloneURL, repository.defaultBranch, repository.allowsFile,
                repository.username, repository.token, repository.createdAt,
            ])
    }

    /// Forgets the repository, its associations and its secrets. Its runs stay.
    func remove(_ path: RepositoryPath) throws {
        try database.execute(sql: "DELETE FROM secrets WHERE repository = ?", arguments: [path])
        try database.execute(sql: "DELETE FROM repositories WHERE path = ?", arguments: [path])
    }

    /// In the order they are looked at.
    func associations(of path: RepositoryPath) throws -> [AssociationView] {
        try Row.fetchAll(
            database,
            sql: "SELECT component, events, branches FROM associations WHERE repository = ? ORDER BY position",
            arguments: [path]
        ).map { row in
            AssociationView(
                component: row["component"], events: try row.json("events") ?? [],
                branches: try row.json("branches") ?? [])
        }
    }

    func setAssociations(_ associations: [AssociationView], of path: RepositoryPath) throws {
        try database.execute(sql: "DELETE FROM associations WHERE repository = ?", arguments: [path])
        for (position, association) in associations.enumerated() {
            try database.execute(
                sql:
                    "INSERT INTO associations (repository, position, component, events, branches) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    path, position, association.component, JSONColumn(association.events),
                    JSONColumn(association.branches),
                ])
        }
    }

    private static func repository(_ row: Row) -> Repository {
        Repository(
            path: row["path"], cloneURL: row["cloneURL"], defaultBranch: row["defaultBranch"],
            allowsFile: row["allowsFile"], username: row["username"], token: row["token"], createdAt: row["createdAt"])
    }
}
