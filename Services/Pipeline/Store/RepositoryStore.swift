import Contracts
import Storage

/// Repositories and the components associated with them.
struct RepositoryStore {
    let database: Database

    func find(_ path: RepositoryPath) throws -> Repository? {
        try database.row("SELECT * FROM repositories WHERE path = ?", [path])
            .map(Self.repository)
    }

    func all() throws -> [Repository] {
        try database.rows("SELECT * FROM repositories ORDER BY path").map(Self.repository)
    }

    /// Where each is cloned from.
    func addresses() throws -> [(path: RepositoryPath, cloneURL: String)] {
        try database.rows("SELECT path, cloneURL FROM repositories ORDER BY path").map {
            (try $0["path"], try $0["cloneURL"])
        }
    }

    func save(_ repository: Repository) throws {
        try database.execute(
            """
            INSERT INTO repositories (path, cloneURL, forge, defaultBranch, allowsFile, username, token, createdAt)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (path) DO UPDATE SET cloneURL = excluded.cloneURL, forge = excluded.forge,
                defaultBranch = excluded.defaultBranch, allowsFile = excluded.allowsFile, username = excluded.username, token = excluded.token
            """,
            [
                repository.path, repository.cloneURL, repository.forgeName, repository.defaultBranch,
                repository.allowsFile, repository.username, repository.token, repository.createdAt,
            ])
    }

    /// Forgets the repository, its associations and its secrets. Its runs stay.
    func remove(_ path: RepositoryPath) throws {
        try database.execute("DELETE FROM secrets WHERE repository = ?", [path])
        try database.execute("DELETE FROM repositories WHERE path = ?", [path])
    }

    /// In the order they are looked at.
    func associations(of path: RepositoryPath) throws -> [AssociationView] {
        try database.rows(
            "SELECT component, events, branches FROM associations WHERE repository = ? ORDER BY position", [path]
        ).map { row in
            try AssociationView(
                component: row["component"], events: row.json("events") ?? [],
                branches: row.json("branches") ?? [])
        }
    }

    func setAssociations(_ associations: [AssociationView], of path: RepositoryPath) throws {
        try database.execute("DELETE FROM associations WHERE repository = ?", [path])
        for (position, association) in associations.enumerated() {
            try database.execute(
                "INSERT INTO associations (repository, position, component, events, branches) VALUES (?, ?, ?, ?, ?)",
                [
                    path, position, association.component, JSONColumn(association.events),
                    JSONColumn(association.branches),
                ])
        }
    }

    private static func repository(_ row: Row) throws -> Repository {
        try Repository(
            path: row["path"], cloneURL: row["cloneURL"], forgeName: row["forge"],
            defaultBranch: row["defaultBranch"], allowsFile: row["allowsFile"], username: row["username"],
            token: row["token"], createdAt: row["createdAt"])
    }
}
