import Contracts
import FoundationEssentials
import PipelineLanguage
import Storage

/// Processes by their content, and the components that name them.
struct ComponentStore {
    let database: Database

    /// Keeps a compiled process under its digest.
    func keep(process document: String, digest: String, now: Timestamp) throws {
        try database.execute(
            "INSERT INTO processes (digest, document, createdAt) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            [digest, document, now])
    }

    /// The canonical JSON of a process.
    func process(_ digest: String) throws -> String? {
        try database.value("SELECT document FROM processes WHERE digest = ?", [digest])
    }

    /// The canonical JSON of a process, where it is a component's or ran in a repository that is seen.
    func process(_ digest: String, seenBy visibility: Visibility) throws -> String? {
        let isComponent: Bool? = try database.value(
            "SELECT EXISTS (SELECT 1 FROM componentRevisions WHERE digest = ?)", [digest])
        guard try isComponent == true || hasRun(digest, in: visibility) else { return nil }
        return try process(digest)
    }

    private func hasRun(_ digest: String, in visibility: Visibility) throws -> Bool {
        try database.values(
            "SELECT repository FROM processUses WHERE digest = ? AND repository BETWEEN ? AND ?",
            [digest] + visibility.bounds
        ).contains(where: visibility.covers)
    }

    /// The compiled processes of components, by name; those that are not there are left out.
    func processes(_ names: [String]) throws -> [String: PipelineLanguage.Process] {
        var processes: [String: PipelineLanguage.Process] = [:]
        for name in names {
            guard let component = try find(name), let document = try process(component.digest) else { continue }
            processes[name] = try Wire.decode(PipelineLanguage.Process.self, from: Data(document.utf8))
        }
        return processes
    }

    /// The newest revision.
    func find(_ name: String) throws -> ComponentView? {
        try database.row(Self.query + " WHERE c.name = ?", [name]).map(view)
    }

    func all() throws -> [ComponentView] {
        try database.rows(Self.query + " ORDER BY c.name").map(view)
    }

    /// Saves a document as the component's next revision. A document that is the newest one already makes none.
    func save(_ name: String, document: JSONValue, digest: String, by caller: Caller? = nil, now: Timestamp) throws
        -> ComponentView
    {
        let text = String(decoding: try Wire.encode(document), as: UTF8.self)
        if let current = try find(name), current.document == document, current.digest == digest { return current }
        let revision =
            1
            + (try database.value("SELECT MAX(revision) FROM componentRevisions WHERE component = ?", [name])
                ?? 0)
        try database.execute(
            """
            INSERT INTO componentRevisions (component, revision, digest, document, createdAt, savedBy)
            VALUES (?, ?, ?, ?, ?, ?)
            """, [name, revision, digest, text, now, caller.map(JSONColumn.init)])
        try database.execute(
            """
            INSERT INTO components (name, revision, updatedAt) VALUES (?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, updatedAt = excluded.updatedAt
            """, [name, revision, now])
        return ComponentView(
            name: name, revision: revision, digest: digest, document: document, repositories: try repositories(name),
            updatedAt: now, savedBy: caller)
    }

    /// Forgets the component; its revisions stay for the runs that used them.
    func remove(_ name: String) throws {
        try database.execute("DELETE FROM components WHERE name = ?", [name])
    }

    /// The repositories it is associated with.
    func repositories(_ name: String) throws -> [RepositoryPath] {
        try database.values(
            "SELECT DISTINCT repository FROM associations WHERE component = ? ORDER BY repository", [name])
    }

    private static let query = """
        SELECT c.name, c.revision, c.updatedAt, r.digest, r.document, r.savedBy FROM components c
        JOIN componentRevisions r ON r.component = c.name AND r.revision = c.revision
        """

    private func view(_ row: Row) throws -> ComponentView {
        let name: String = try row["name"]
        return try ComponentView(
            name: name, revision: row["revision"], digest: row["digest"], document: row.json("document") ?? .null,
            repositories: repositories(name), updatedAt: row["updatedAt"], savedBy: row.json("savedBy"))
    }
}

extension ComponentStore {
    static let uses = Migration("2026-11 uses of processes") { database in
        try database.run(
            script: """
                -- In which repositories a process ran: whoever sees one of them sees it.
                CREATE TABLE processUses (
                    digest TEXT NOT NULL,
                    repository TEXT NOT NULL,
                    PRIMARY KEY (digest, repository)
                ) WITHOUT ROWID;
                CREATE INDEX componentRevisionsByDigest ON componentRevisions (digest);
                """)
        let choices = try database.rows(
            """
            SELECT DISTINCT runs.repository, runDetails.choice FROM runDetails JOIN runs ON runs.id = runDetails.run
            WHERE runDetails.choice IS NOT NULL
            """, [])
        for row in choices {
            guard let choice = try row.json("choice", as: ChoiceView.self) else { continue }
            try database.execute(
                "INSERT INTO processUses (digest, repository) VALUES (?, ?) ON CONFLICT DO NOTHING",
                [choice.digest, row["repository"] as String])
        }
    }
}
