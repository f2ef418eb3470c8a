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
        let visible = visibility.condition(on: "path")
        return try database.rows("SELECT * FROM repositories WHERE \(visible.sql) ORDER BY path", visible.arguments)
            .map(Self.repository)
    }

    /// Those whose path has the text in it, in any case; all of them for `nil`.
    func matching(
        _ text: String?, _ visibility: Visibility = .all, offset: Int, limit: Int
    ) throws -> [Repository] {
        let visible = visibility.condition(on: "path")
        return try database.rows(
            "SELECT * FROM repositories WHERE \(visible.sql) AND \(Self.matches) ORDER BY path LIMIT ? OFFSET ?",
            visible.arguments + [Self.pattern(text), limit, offset]
        ).map(Self.repository)
    }

    func count(matching text: String?, _ visibility: Visibility = .all) throws -> Int {
        let visible = visibility.condition(on: "path")
        return try database.value(
            "SELECT COUNT(*) FROM repositories WHERE \(visible.sql) AND \(Self.matches)",
            visible.arguments + [Self.pattern(text)]) ?? 0
    }

    private static let matches = "lower(path) LIKE ? ESCAPE '!'"

    private static func pattern(_ text: String?) -> String {
        let literal = (text ?? "").lowercased().map { "!%_".contains($0) ? "!\($0)" : "\($0)" }
        return "%\(literal.joined())%"
    }

    /// The paths of the first so many.
    func paths(_ visibility: Visibility = .all, limit: Int) throws -> [RepositoryPath] {
        let visible = visibility.condition(on: "path")
        return try database.values(
            "SELECT path FROM repositories WHERE \(visible.sql) ORDER BY path LIMIT ?", visible.arguments + [limit])
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
        ).map(Self.association)
    }

    /// Those of every repository that has any.
    func associations() throws -> [RepositoryPath: [AssociationView]] {
        var found: [RepositoryPath: [AssociationView]] = [:]
        let rows = try database.rows(
            "SELECT repository, component, events, branches FROM associations ORDER BY repository, position")
        for row in rows { found[try row["repository"], default: []].append(try Self.association(row)) }
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
            defaultBranch: row["defaultBranch"], allowsFile: row["allowsFile"], username: row["username"],
            token: row["token"], associatedBy: row.json("associatedBy"), createdAt: row["createdAt"])
    }
}
