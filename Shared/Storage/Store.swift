public import GRDB

/// A service's one database file: WAL, many readers beside one writer.
///
/// Writes that wait at the same time share one commit, and with it one `fsync`: each runs in a savepoint of its own,
/// so an error undoes its own work only, and each returns after the commit that makes it durable.
public final class Store: Sendable {
    /// What a return from ``write(_:)`` promises.
    public enum Durability: Sendable {
        /// Survives a power cut (`synchronous = FULL`): what the delivery rules ask for before an ack.
        case full
        /// Survives a crash of the process, not of the machine (`synchronous = NORMAL`): for caches.
        case process
    }

    /// The file.
    public let path: String
    let pool: DatabasePool
    private let commits: CommitGroup

    private init(path: String, pool: DatabasePool) {
        self.path = path
        self.pool = pool
        self.commits = CommitGroup(pool: pool)
    }

    /// Opens the file, makes it where there is none, and brings its schema up to date.
    /// - Throws: ``StoreError``: `notWritable`, `corrupt`, `newerSchema`, `full`, `busy`.
    public static func open(
        at path: String, migrations: [Migration], durability: Durability = .full
    ) throws(StoreError) -> Store {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.label = "store"
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA synchronous = \(durability == .full ? "FULL" : "NORMAL")")
            // Pages read by lists of a million runs: 16 MiB per connection at most.
            try database.execute(sql: "PRAGMA cache_size = -16384")
        }
        do {
            let pool = try DatabasePool(path: path, configuration: configuration)
            var migrator = DatabaseMigrator()
            for migration in migrations {
                migrator.registerMigration(migration.name) { try migration.apply($0) }
            }
            if try pool.read({ try migrator.hasBeenSuperseded($0) }) {
                throw StoreError(
                    .newerSchema,
                    "\(path) was used by a newer version of this service; run that version, or restore a backup")
            }
            try migrator.migrate(pool)
            return Store(path: path, pool: pool)
        } catch let error as StoreError {
            throw error
        } catch let error as DatabaseError {
            throw StoreError(error, path: path)
        } catch {
            throw StoreError(.notWritable, "\(path) cannot be opened: \(error)")
        }
    }

    /// Runs queries on a snapshot of what is committed, beside writers and other readers.
    public func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.read(body)
        } catch let error as DatabaseError {
            throw StoreError(error, path: path)
        }
    }

    /// Runs one transaction, and returns once it is durable. What `body` throws undoes it and is thrown here; an
    /// error of SQLite's comes as ``StoreError``. A cancelled task still gets its transaction finished.
    public func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await commits.perform(body)
        } catch let error as DatabaseError {
            throw StoreError(error, path: path)
        }
    }

    /// Closes the file once all reads and writes are done. For tests; a service just ends.
    public func close() throws {
        try pool.close()
    }
}
