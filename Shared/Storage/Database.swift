/// A database within one transaction, or on one snapshot: what a body of ``Store/write(_:)`` or ``Store/read(_:)`` is
/// given. It must not leave the body.
///
/// SQL is one dialect, the part that SQLite and PostgreSQL share, with `?` or `?1`, `?2` … for arguments. Each
/// statement is prepared once for each connection, so it should be a constant.
public final class Database {
    let connection: any DatabaseConnection
    private var committed: [@Sendable () -> Void] = []
    /// The first error of the database's: PostgreSQL then refuses all that follows, so the transaction fails with it on
    /// either, whether the body catches it or not.
    private(set) var failure: StoreError?

    public init(_ connection: any DatabaseConnection) {
        self.connection = connection
    }

    /// Runs a statement.
    /// - Returns: how many rows it inserted, changed or deleted.
    /// - Throws: ``StoreError``: `unique`, `foreignKey` and `constraint` for a broken rule of the schema.
    @discardableResult
    public func execute(
        _ sql: String, _ arguments: [(any DatabaseValueConvertible)?] = []
    ) throws(StoreError) -> Int {
        try noting { () throws(StoreError) in try connection.execute(sql, Self.values(arguments)) }
    }

    /// Runs statements without arguments or results, separated by `;`.
    /// - Throws: ``StoreError``.
    public func run(script: String) throws(StoreError) {
        try noting { () throws(StoreError) in try connection.run(script: script) }
    }

    /// All rows of a query, or of a statement with `RETURNING`.
    /// - Throws: ``StoreError``.
    public func rows(
        _ sql: String, _ arguments: [(any DatabaseValueConvertible)?] = []
    ) throws(StoreError) -> [Row] {
        try noting { () throws(StoreError) in try connection.rows(sql, Self.values(arguments)) }
    }

    /// The first row.
    /// - Parameters:
    ///   - sql: one statement; `?` stands for an argument.
    ///   - arguments: in the order of their `?`.
    /// - Returns: `nil` where there is none.
    /// - Throws: ``StoreError``.
    public func row(
        _ sql: String, _ arguments: [(any DatabaseValueConvertible)?] = []
    ) throws(StoreError) -> Row? {
        try rows(sql, arguments).first
    }

    /// The first column of the first row; `nil` where there is none, and for `NULL`.
    /// - Throws: ``StoreError``; `corrupt` where it holds something else.
    public func value<Value: DatabaseValueConvertible>(
        _ sql: String, _ arguments: [(any DatabaseValueConvertible)?] = []
    ) throws(StoreError) -> Value? {
        guard let stored = try row(sql, arguments)?.values.first, stored != .null else { return nil }
        return try Self.decode(stored)
    }

    /// The first column of all rows.
    /// - Throws: ``StoreError``; `corrupt` where one holds something else.
    public func values<Value: DatabaseValueConvertible>(
        _ sql: String, _ arguments: [(any DatabaseValueConvertible)?] = []
    ) throws(StoreError) -> [Value] {
        var found: [Value] = []
        for row in try rows(sql, arguments) {
            guard let stored = row.values.first else { break }
            found.append(try Self.decode(stored))
        }
        return found
    }

    /// Has the action run once this transaction is committed, and never if it is undone. Where the answer to the commit was
    /// lost it runs as well, once the database is back: it may find nothing to do.
    public func afterCommit(_ action: @escaping @Sendable () -> Void) {
        committed.append(action)
    }

    /// What is to happen after the commit.
    func takeCommitted() -> [@Sendable () -> Void] {
        defer { committed = [] }
        return committed
    }

    private func noting<Value>(_ body: () throws(StoreError) -> Value) throws(StoreError) -> Value {
        if let failure { throw failure }
        do {
            return try body()
        } catch {
            failure = error
            throw error
        }
    }

    /// The database's dialect, for a migration that cannot be written in one.
    public var dialect: Dialect { connection.dialect }

    private static func values(_ arguments: [(any DatabaseValueConvertible)?]) -> [DatabaseValue] {
        arguments.map { $0?.databaseValue ?? .null }
    }

    private static func decode<Value: DatabaseValueConvertible>(_ stored: DatabaseValue) throws(StoreError) -> Value {
        guard let value = Value(databaseValue: stored) else { throw Row.mismatch("of the result", stored, Value.self) }
        return value
    }
}
