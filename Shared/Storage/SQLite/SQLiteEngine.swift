import GRDB

/// A service's one database file: WAL, many readers beside one writer.
final class SQLiteEngine: DatabaseEngine {
    let name: String
    private let pool: DatabasePool

    /// Opens the file and makes it where there is none.
    init(path: String, durability: Store.Durability) throws(StoreError) {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.label = "store"
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA synchronous = \(durability == .full ? "FULL" : "NORMAL")")
            // Pages read by lists of a million runs: 16 MiB per connection at most.
            try database.execute(sql: "PRAGMA cache_size = -16384")
        }
        name = path
        do {
            pool = try DatabasePool(path: path, configuration: configuration)
        } catch {
            throw StoreError(error, path: path)
        }
    }

    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.read { [name] in try body(Database(SQLiteConnection($0, path: name))) }
        } catch let error as DatabaseError {
            throw StoreError(error, path: name)
        }
    }

    func schedule(_ body: @escaping @Sendable (any DatabaseConnection) -> Void) {
        pool.asyncWriteWithoutTransaction { [name] in body(SQLiteConnection($0, path: name)) }
    }

    func close() throws { try pool.close() }

    /// Brings the schema up to date, each step in a transaction of its own.
    func migrate(_ migrations: [Migration]) throws(StoreError) {
        var migrator = DatabaseMigrator()
        for migration in migrations {
            migrator.registerMigration(migration.name) { [name] in
                try migration.apply(Database(SQLiteConnection($0, path: name)))
            }
        }
        do {
            if try pool.read({ try migrator.hasBeenSuperseded($0) }) {
                throw StoreError(
                    .newerSchema,
                    "\(name) was used by a newer version of this service; run that version, or restore a backup")
            }
            try migrator.migrate(pool)
        } catch {
            throw StoreError(error, path: name)
        }
    }
}
