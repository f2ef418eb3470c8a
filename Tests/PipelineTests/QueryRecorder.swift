import Synchronization

@testable import Storage

/// A connection that notes what is asked of it, and how the database goes about it.
final class QueryRecorder: DatabaseConnection {
    struct Query {
        var sql: String
        /// SQLite's words; none on PostgreSQL.
        var plan: [String]
        var rowCount: Int
    }

    private let connection: any DatabaseConnection
    private(set) var queries: [Query] = []

    /// What a body asks, and what it returns.
    static func record<Value>(
        _ database: Database, _ body: (Database) throws -> Value
    ) throws -> (value: Value, queries: [Query]) {
        let recorder = QueryRecorder(database.connection)
        let value = try body(Database(recorder))
        return (value, recorder.queries)
    }

    private init(_ connection: any DatabaseConnection) { self.connection = connection }

    var dialect: Dialect { connection.dialect }
    var isInTransaction: Bool { connection.isInTransaction }
    func begin() throws(StoreError) { try connection.begin() }
    func commit() throws(StoreError) { try connection.commit() }
    func rollback() { connection.rollback() }
    func savepoint() throws(StoreError) { try connection.savepoint() }
    func release() throws(StoreError) { try connection.release() }
    func rollbackToSavepoint() throws(StoreError) { try connection.rollbackToSavepoint() }

    func execute(_ sql: String, _ arguments: [DatabaseValue]) throws(StoreError) -> Int {
        try connection.execute(sql, arguments)
    }

    func rows(_ sql: String, _ arguments: [DatabaseValue]) throws(StoreError) -> [Row] {
        let found = try connection.rows(sql, arguments)
        var plan: [String] = []
        if dialect == .sqlite {
            for row in try connection.rows("EXPLAIN QUERY PLAN \(sql)", arguments) { plan.append(try row["detail"]) }
        }
        queries.append(Query(sql: sql, plan: plan, rowCount: found.count))
        return found
    }

    func run(script: String) throws(StoreError) { try connection.run(script: script) }
    func migrating(_ body: () throws -> Void) throws { try connection.migrating(body) }
    func checkReferences() throws(StoreError) { try connection.checkReferences() }
}
