import FoundationEssentials
import GRDB
import Glibc

/// A service's one database file: WAL, many readers beside one writer.
final class SQLiteEngine: DatabaseEngine {
    let name: String
    let pool: DatabasePool

    /// Opens the file and makes it where there is none.
    init(path: String, durability: Store.Durability) throws(StoreError) {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.label = "store"
        configuration.prepareDatabase { database in
            // Before its first page is written: later it takes a `VACUUM`. Pages that become free can be given back then.
            if !database.configuration.readonly, try Int.fetchOne(database, sql: "PRAGMA page_count") == 0 {
                try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
            }
            try database.execute(sql: "PRAGMA synchronous = \(durability == .full ? "FULL" : "NORMAL")")
            // Pages read by lists of a million runs: 16 MiB per connection at most.
            try database.execute(sql: "PRAGMA cache_size = -16384")
        }
        name = path
        Self.keepPrivate(path)
        do {
            pool = try DatabasePool(path: path, configuration: configuration)
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Lets nobody but this user read the file and those beside it, also where a version before made them: SQLite gives
    /// the later ones the mode of the first.
    private static func keepPrivate(_ path: String) {
        guard !path.isEmpty, path != ":memory:" else { return }
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        // What is wrong with the path is SQLite's to say.
        if descriptor >= 0 { Glibc.close(descriptor) }
        let copies = (1...copies).map { backup(of: path, $0) }
        for file in [path, path + "-wal", path + "-shm"] + copies { chmod(file, 0o600) }
    }

    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.read { [name] in try body(Database(SQLiteConnection($0, path: name))) }
        } catch let error as DatabaseError {
            throw StoreError(error, path: name)
        }
    }

    /// Runs queries on a snapshot, on this thread.
    func snapshot<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try pool.read { try body(Database(SQLiteConnection($0, path: name))) }
    }

    /// Runs one transaction, on this thread.
    func transaction<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try pool.write { try body(Database(SQLiteConnection($0, path: name))) }
    }

    func schedule(_ body: @escaping @Sendable (any DatabaseConnection) -> Void) {
        pool.asyncWriteWithoutTransaction { [name] in body(SQLiteConnection($0, path: name)) }
    }

    func close() throws { try pool.close() }

    /// Has all that was committed be in the file itself, which may be copied or moved alone once it is closed.
    func settle() async throws(StoreError) {
        do {
            _ = try await pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        } catch {
            throw StoreError(error, path: name)
        }
    }

    /// Writes the file anew.
    func compact() async throws(StoreError) {
        do {
            try await pool.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
                try database.execute(sql: "VACUUM")
                try database.checkpoint(.truncate)
            }
        } catch {
            throw StoreError(error, path: name)
        }
    }

    /// Pages copied at a time: 1 MiB.
    private static let piece: CInt = 256

    /// Copies what is committed now into a new file.
    func backup(to path: String) async throws(StoreError) {
        do {
            Self.keepPrivate(path)
            let copy = try DatabaseQueue(path: path)
            try await pool.read { source in
                // From here on others' commits are not seen: without it each would have the copy begin anew.
                _ = try Int.fetchOne(source, sql: "SELECT COUNT(*) FROM sqlite_master")
                try copy.writeWithoutTransaction { target in
                    let clock = ContinuousClock()
                    var start = clock.now
                    try source.backup(to: target, pagesPerStep: Self.piece) { _ in
                        let seconds = (clock.now - start) / .seconds(1)
                        usleep(UInt32(min(seconds, 1) * 1_000_000))
                        start = clock.now
                    }
                }
            }
            try copy.close()
        } catch {
            throw StoreError(error, path: path)
        }
    }

    func migrate(_ migrator: Migrator) throws(StoreError) {
        do {
            let state = try pool.writeWithoutTransaction { [name] in
                try migrator.state(of: SQLiteConnection($0, path: name), name)
            }
            if !state.isEmpty, !state.pending.isEmpty { try attempt(migrator, state) }
            try pool.writeWithoutTransaction { [name] in
                try migrator.migrate(state, on: SQLiteConnection($0, path: name))
            }
            // What has read before knows the columns of before.
            pool.invalidateReadOnlyConnections()
        } catch {
            throw StoreError(error, path: name)
        }
    }
}
