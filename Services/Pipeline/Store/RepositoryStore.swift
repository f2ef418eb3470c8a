import Contracts
import Storage

/// Repositories and the components associated with them.
struct RepositoryStore {
    let database: Database

    func find(_ path: RepositoryPath) throws -> Repository? {
        try database.row("SELECT * FROM repositories WHERE path = ?", [path])
            .map(Self.repository)
    }

    func all(_ visibility: Visibility = .all) throws -> [Repository] {
        try database.rows("SELECT * FROM repositories WHERE path BETWEEN ? AND ? ORDER BY path", visibility.bounds)
            .filter { visibility.covers(try $0["path"]) }.map(Self.repository)
    }

    /// Some of those whose path has the text in it, in any case, and how many there are; of all of them for `nil`.
    func matching(
        _ text: String?, _ visibility: Visibility = .all, offset: Int, limit: Int
    ) throws -> (items: [Repository], count: Int) {
        let literal = (text ?? "").lowercased().map { "!%_".contains($0) ? "!\($0)" : "\($0)" }
        let paths: [RepositoryPath] = try database.values(
            "SELECT path FROM repositories WHERE path BETWEEN ? AND ? AND lower(path) LIKE ? ESCAPE '!' ORDER BY path",
            visibility.bounds + ["%\(literal.joined())%"]
        ).filter(visibility.covers)
        let shown = Array(paths.dropFirst(offset).prefix(limit))
        let rows = try database.rows(
            "SELECT * FROM repositories WHERE path IN (SELECT value FROM json_each(?)) ORDER BY path",
            [JSONColumn(shown)])
        return (try rows.map(Self.repository), paths.count)
    }

    /// The paths of the first so many.
    func paths(_ visibility: Visibility = .all, limit: Int) throws -> [RepositoryPath] {
        if visibility.isAll {
            return try database.values("SELECT path FROM repositories ORDER BY path LIMIT ?", [limit])
        }
        let paths: [RepositoryPath] = try database.values(
            "SELECT path FROM repositories WHERE path BETWEEN ? AND ? ORDER BY path", visibility.bounds)
        return Array(paths.lazy.filter(visibility.covers).prefix(limit))
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
            INSERT INTO repositories (path, cloneURL, forge, defaultBranch, allowsFile, missedPushes, username, token,
                createdAt)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (path) DO UPDATE SET cloneURL = excluded.cloneURL, forge = excluded.forge,
                defaultBranch = excluded.defaultBranch, allowsFile = excluded.allowsFile,
                missedPushes = excluded.missedPushes, username = excluded.username, token = excluded.token
            """,
            [
                repository.path, repository.cloneURL, repository.forgeName, repository.defaultBranch,
                repository.allowsFile, repository.missedPushes, repository.username, repository.token,
                repository.createdAt,
            ])
    }

    /// Forgets the repository, its associations, schedules and secrets. Its runs stay.
    func remove(_ path: RepositoryPath) throws {
        try database.execute("DELETE FROM secrets WHERE repository = ?", [path])
        try database.execute("DELETE FROM retentionRules WHERE repository = ?", [path])
        try database.execute("DELETE FROM repositories WHERE path = ?", [path])
    }

    /// In the order they are looked at.
    func associations(of path: RepositoryPath) throws -> [AssociationView] {
        try database.rows(
            "SELECT component, events, branches FROM associations WHERE repository = ? ORDER BY position", [path]
        ).map(Self.association)
    }

    /// Those of every repository that has any.
    func associations(_ visibility: Visibility) throws -> [RepositoryPath: [AssociationView]] {
        var found: [RepositoryPath: [AssociationView]] = [:]
        let rows = try database.rows(
            """
            SELECT repository, component, events, branches FROM associations WHERE repository BETWEEN ? AND ?
            ORDER BY repository, position
            """, visibility.bounds)
        for row in rows {
            let path: RepositoryPath = try row["repository"]
            if visibility.covers(path) { found[path, default: []].append(try Self.association(row)) }
        }
        return found
    }

    private static func association(_ row: Row) throws -> AssociationView {
        try AssociationView(
            component: row["component"], events: row.json("events") ?? [], branches: row.json("branches") ?? [])
    }

    func setAssociations(_ associations: [AssociationView], of path: RepositoryPath, by caller: Caller? = nil) throws {
        try database.execute(
            "UPDATE repositories SET associatedBy = ? WHERE path = ?", [caller.map(JSONColumn.init), path])
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
            defaultBranch: row["defaultBranch"], allowsFile: row["allowsFile"],
            missedPushes: row["missedPushes"] ?? .all, username: row["username"], token: row["token"],
            associatedBy: row.json("associatedBy"), createdAt: row["createdAt"])
    }
}
