/// Brings a schema up to date, and knows one that a newer version made.
public struct Migrator: Sendable {
    let migrations: [Migration]

    init(_ migrations: [Migration]) {
        self.migrations = migrations
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
        let applied = tables.contains(table) ? Set<String>(try database.values("SELECT identifier FROM \(table)")) : []
        let unknown = applied.subtracting(migrations.map(\.name)).sorted()
        guard unknown.isEmpty else {
            throw StoreError(
                .newerSchema,
                "\(name) was used by a newer version of this service (it has applied the step “\(unknown[0])”); run that "
                    + "version, or restore a backup from before it")
        }
        return State(isEmpty: tables.isEmpty, pending: migrations.map(\.name).filter { !applied.contains($0) })
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
                for migration in migrations where state.pending.contains(migration.name) {
                    try migration.apply(database)
                    try database.execute("INSERT INTO \(table) (identifier) VALUES (?)", [migration.name])
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
