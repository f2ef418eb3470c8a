import Contracts

/// Brings a schema up to date, and knows one that a newer version made.
///
/// The database has a row for each step that was taken, which says by which version of Slipway, and whether a program has to
/// know it. A program of before opens a database with steps that it does not know where it has to know none of them.
public struct Migrator: Sendable {
    let migrations: [Migration]
    /// Of the program that takes the steps.
    let version: String

    init(_ migrations: [Migration], version: String = Version.current) {
        self.migrations = migrations
        self.version = version
    }

    /// What is known of a database's schema.
    public struct State: Sendable, Equatable {
        /// Whether the database has no tables at all.
        public var isEmpty: Bool
        /// The names of the steps that are to be taken.
        public var pending: [String]
    }

    /// What is to be done.
    /// - Throws: ``StoreError`` `newerSchema`.
    public func state(of connection: any DatabaseConnection, _ name: String) throws(StoreError) -> State {
        let database = Database(connection)
        let tables: [String] = try database.values(connection.dialect.tables)
        let table = connection.dialect.migrationTable
        guard tables.contains(table) else { return State(isEmpty: tables.isEmpty, pending: migrations.map(\.name)) }
        // What versions of before have noted says nothing of whom it needs.
        let isNoted = try Self.notes(database)
        let rows = try database.rows("SELECT identifier\(isNoted ? ", needed, version" : "") FROM \(table)")
        let known = Set(migrations.map(\.name))
        var applied: Set<String> = []
        for row in rows {
            let step: String = try row["identifier"]
            applied.insert(step)
            guard !known.contains(step) else { continue }
            if isNoted, try !(row["needed"] as Bool) { continue }
            var writer: String?
            if isNoted { writer = try row["version"] }
            throw StoreError(
                .newerSchema,
                "\(name) needs \(writer.map { "Slipway \($0)" } ?? "a newer version") or later, which has applied the step "
                    + "“\(step)” of the schema; this is \(version), which knows the steps up to "
                    + "“\(migrations.last?.name ?? "none")”. Run that version, or put back a copy from before it")
        }
        return State(isEmpty: tables.isEmpty, pending: migrations.map(\.name).filter { !applied.contains($0) })
    }

    /// Whether the database says of its steps what a program has to know.
    private static func notes(_ database: Database) throws(StoreError) -> Bool {
        let columns: [String] = try database.values(database.dialect.migrationColumns)
        return columns.contains("needed")
    }

    /// Takes the pending steps and undoes them.
    /// - Throws: ``StoreError``, and what a step throws.
    public func attempt(_ state: State, on connection: any DatabaseConnection) throws {
        try run(state, on: connection, keeps: false)
    }

    /// Takes the pending steps, all or none of them.
    /// - Throws: ``StoreError``, and what a step throws; nothing is changed then.
    public func migrate(_ state: State, on connection: any DatabaseConnection) throws {
        try run(state, on: connection, keeps: true)
    }

    private func run(_ state: State, on connection: any DatabaseConnection, keeps: Bool) throws {
        guard !state.pending.isEmpty else { return }
        try connection.migrating {
            try connection.begin()
            do {
                let database = Database(connection)
                let table = connection.dialect.migrationTable
                try database.run(script: "CREATE TABLE IF NOT EXISTS \(table) (identifier TEXT NOT NULL PRIMARY KEY)")
                if try !Self.notes(database) {
                    try database.run(
                        script: """
                            ALTER TABLE \(table) ADD COLUMN needed INTEGER NOT NULL DEFAULT 1;
                            ALTER TABLE \(table) ADD COLUMN version TEXT;
                            """)
                }
                for migration in migrations where state.pending.contains(migration.name) {
                    try migration.apply(database)
                    try database.execute(
                        "INSERT INTO \(table) (identifier, needed, version) VALUES (?, ?, ?)",
                        [migration.name, migration.isNeeded, version])
                }
                if let failure = database.failure { throw failure }
                try connection.checkReferences()
                if keeps { try connection.commit() }
                connection.rollback()
            } catch {
                connection.rollback()
                throw error
            }
        }
    }
}
