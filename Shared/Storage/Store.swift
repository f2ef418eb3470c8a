import FoundationEssentials
import Synchronization

/// A service's database.
///
/// Writes that wait at the same time share one commit, and with it one `fsync`: each runs in its own savepoint,
/// so an error undoes its own work only, and each returns after the commit that makes it durable.
public final class Store: Sendable {
    /// What a return from ``write(_:)`` promises of a file.
    public enum Durability: Sendable {
        /// Survives a power cut (`synchronous = FULL`): what the delivery rules ask for before an ack.
        case full
        /// Survives a crash of the process, not of the machine (`synchronous = NORMAL`): for caches.
        case process
    }

    /// The database in messages to people.
    public var name: String { engine.name }
    let engine: any DatabaseEngine
    private let commits: CommitGroup
    private let failures = Atomic<Int>(0)
    private let lastOutage = Mutex<String?>(nil)

    /// How many writes have failed because the database was away. Who judges others by what they have not said must
    /// know whether it could have been heard.
    public var outages: Int { failures.load(ordering: .relaxed) }

    /// Why the last write failed, where the database or its disk was away; `nil` once one has succeeded.
    public var outage: String? { lastOutage.withLock { $0 } }

    /// - Parameter pause: between two tries to learn of a commit whose answer was lost.
    init(_ engine: any DatabaseEngine, pause: Duration = .milliseconds(500)) {
        self.engine = engine
        self.commits = CommitGroup(engine: engine, pause: pause)
    }

    /// Opens a file of SQLite's, makes it where there is none, and brings its schema up to date.
    /// - Throws: ``StoreError``: `notWritable`, `corrupt`, `newerSchema`, `full`, `busy`.
    public static func open(
        at path: String, migrations: [Migration], durability: Durability = .full
    ) throws(StoreError) -> Store {
        let engine = try SQLiteEngine(path: path, durability: durability)
        try engine.migrate(Migrator(migrations))
        return Store(engine)
    }

    /// Opens a file of SQLite's that is there, and leaves its schema as it is.
    /// - Throws: ``StoreError``: `notWritable`, `corrupt`, `full`, `busy`.
    public static func open(asItIs path: String) throws(StoreError) -> Store {
        guard FileManager.default.fileExists(atPath: path) else {
            throw StoreError(.notWritable, "there is no database \(path)")
        }
        return Store(try SQLiteEngine(path: path, durability: .full))
    }

    /// A store on a database whose schema is left as it is.
    public static func open(asItIs engine: any DatabaseEngine) -> Store { Store(engine) }

    /// The steps that the schema has not taken yet.
    /// - Throws: ``StoreError`` `newerSchema`.
    public func pending(_ migrations: [Migration]) async throws -> [String] {
        try await read { [name] in try Migrator(migrations).state(of: $0.connection, name).pending }
    }

    /// The steps that the schema has taken.
    /// - Throws: ``StoreError``.
    public func applied() async throws -> [String] {
        try await read { database in
            try database.values("SELECT identifier FROM \(database.dialect.migrationTable) ORDER BY identifier")
        }
    }

    /// Brings the schema of a database up to date.
    /// - Throws: ``StoreError``: `newerSchema`, `unavailable`, and what the steps throw.
    public static func open(_ engine: any DatabaseEngine, migrations: [Migration]) async throws(StoreError) -> Store {
        try await engine.migrate(Migrator(migrations))
        return Store(engine)
    }

    /// Runs queries on a snapshot of what is committed, beside writers and other readers.
    /// - Throws: ``StoreError``, and what the body throws.
    public func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await engine.read(body)
    }

    /// Runs one transaction, and returns once it is durable. What `body` throws undoes it and is thrown here; so
    /// does an error of the database's, a ``StoreError``, even if `body` catches it. A cancelled task still gets its
    /// transaction finished.
    /// - Throws: ``StoreError``: `unavailable` where the transaction may have been committed or not, and what the body throws.
    @discardableResult
    public func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            let value = try await commits.perform(body)
            lastOutage.withLock { $0 = nil }
            return value
        } catch let error as StoreError where error.isOutage {
            failures.add(1, ordering: .relaxed)
            lastOutage.withLock { $0 = "\(error)" }
            throw error
        }
    }

    /// Closes the database once all reads and writes are done. For tests; a service just ends.
    /// - Throws: ``StoreError`` where something is still open.
    public func close() async throws {
        try await engine.close()
    }
}
