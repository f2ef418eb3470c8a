/// A database that a ``Store`` runs on: SQLite's file, or PostgreSQL.
public protocol DatabaseEngine: Sendable {
    /// The database in messages to people: the path of a file, or an address without its password.
    var name: String { get }

    /// Runs queries on a snapshot of what is committed, beside the writer and other readers.
    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value

    /// Runs the body once on the connection that writes, outside of a transaction, after what was scheduled before.
    /// Does not wait for it.
    func schedule(_ body: @escaping @Sendable (any DatabaseConnection) -> Void)

    /// Closes all connections once their reads and writes are done.
    func close() throws
}

/// One connection to a database; it belongs to the thread that it is used on.
public protocol DatabaseConnection: AnyObject {
    /// Whether a transaction is open. After some errors SQLite has rolled back by itself, and so does PostgreSQL with a
    /// lost connection.
    var isInTransaction: Bool { get }

    /// Begins a transaction that writes; connects first where the connection was lost.
    func begin() throws(StoreError)
    func commit() throws(StoreError)
    /// Undoes what is left of a transaction, if one is open.
    func rollback()

    /// Runs a prepared statement.
    /// - Returns: how many rows it inserted, changed or deleted.
    func execute(_ sql: String, _ arguments: [DatabaseValue]) throws(StoreError) -> Int
    func rows(_ sql: String, _ arguments: [DatabaseValue]) throws(StoreError) -> [Row]
    /// Runs statements without arguments or results, separated by `;`.
    func run(script: String) throws(StoreError)
}
