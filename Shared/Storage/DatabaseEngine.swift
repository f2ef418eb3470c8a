/// A database that a ``Store`` runs on: SQLite's file, or PostgreSQL.
public protocol DatabaseEngine: Sendable {
    /// The database in messages to people: the path of a file, or an address without its password.
    var name: String { get }

    /// Runs queries on a snapshot of what is committed, beside the writer and other readers.
    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value

    /// Runs the body once on the connection that writes, outside of a transaction, after what was scheduled before.
    /// Does not wait for it.
    func schedule(_ body: @escaping @Sendable (any DatabaseConnection) -> Void)

    /// Brings the schema up to date; an existing one only after the steps were tried without effect on it.
    func migrate(_ migrator: Migrator) async throws(StoreError)

    /// Closes all connections once their reads and writes are done.
    func close() async throws
}

/// One connection to a database; it belongs to the thread that it is used on.
public protocol DatabaseConnection: AnyObject {
    var dialect: Dialect { get }

    /// Whether a transaction is open. After some errors SQLite has rolled back by itself, and so does PostgreSQL with a
    /// lost connection.
    var isInTransaction: Bool { get }

    /// Begins a transaction that writes; connects first where the connection was lost.
    func begin() throws(StoreError)
    /// - Throws: ``StoreError`` `unavailable` where nobody knows whether it was committed.
    func commit() throws(StoreError)
    /// Undoes what is left of a transaction, if one is open.
    func rollback()

    /// Begins a part of the transaction that can be undone by itself.
    func savepoint() throws(StoreError)
    func release() throws(StoreError)
    /// Undoes the part, if the transaction is still open.
    func rollbackToSavepoint() throws(StoreError)

    /// Runs a prepared statement.
    /// - Returns: how many rows it inserted, changed or deleted.
    func execute(_ sql: String, _ arguments: [DatabaseValue]) throws(StoreError) -> Int
    func rows(_ sql: String, _ arguments: [DatabaseValue]) throws(StoreError) -> [Row]
    /// Runs statements of a schema, separated by `;`, without arguments or results.
    func run(script: String) throws(StoreError)

    /// Runs a body, outside of a transaction, that may rebuild tables that others refer to. Before its commit the
    /// body calls ``checkReferences()``.
    func migrating(_ body: () throws -> Void) throws
    /// - Throws: ``StoreError`` `foreignKey` where a row refers to one that is not there.
    func checkReferences() throws(StoreError)
}
