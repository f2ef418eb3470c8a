import FoundationEssentials
import GRDB

/// GRDB's connection.
final class SQLiteConnection: DatabaseConnection {
    private let database: GRDB.Database
    private let path: String

    init(_ database: GRDB.Database, path: String) {
        self.database = database
        self.path = path
    }

    var dialect: Dialect { .sqlite }

    var isInTransaction: Bool { database.isInsideTransaction }

    func begin() throws(StoreError) { try told { try database.beginTransaction(.immediate) } }

    func commit() throws(StoreError) { try told { try database.commit() } }

    func rollback() {
        guard isInTransaction else { return }
        do {
            try database.rollback()
        } catch {
            // `ROLLBACK` fails only where SQLite has rolled back before it.
        }
    }

    func savepoint() throws(StoreError) { try run(script: "SAVEPOINT piece") }

    func release() throws(StoreError) { try run(script: "RELEASE piece") }

    func rollbackToSavepoint() throws(StoreError) {
        // SQLite has rolled back everything already after a full disk or a failed read: nothing is left to undo.
        if isInTransaction { try run(script: "ROLLBACK TO piece; RELEASE piece") }
    }

    func execute(_ sql: String, _ arguments: [DatabaseValue]) throws(StoreError) -> Int {
        try told {
            try database.cachedStatement(sql: sql).execute(arguments: Self.arguments(arguments))
            return database.changesCount
        }
    }

    func rows(_ sql: String, _ arguments: [DatabaseValue]) throws(StoreError) -> [Row] {
        try told {
            let statement = try database.cachedStatement(sql: sql)
            let columns = Row.Columns(statement.columnNames)
            let cursor = try GRDB.Row.fetchCursor(statement, arguments: Self.arguments(arguments))
            var rows: [Row] = []
            while let row = try cursor.next() {
                rows.append(Row(columns: columns, values: row.databaseValues.map(DatabaseValue.init)))
            }
            return rows
        }
    }

    func run(script: String) throws(StoreError) { try told { try database.execute(sql: script) } }

    func migrating(_ body: () throws -> Void) throws {
        // Else a table that is dropped to be rebuilt would take along what refers to it.
        try run(script: "PRAGMA foreign_keys = OFF")
        do {
            try body()
        } catch {
            try run(script: "PRAGMA foreign_keys = ON")
            throw error
        }
        try run(script: "PRAGMA foreign_keys = ON")
    }

    func checkReferences() throws(StoreError) {
        guard let row = try rows("PRAGMA foreign_key_check", []).first else { return }
        throw StoreError(
            .foreignKey,
            "in \(path) a row of \(try row["table"] as String) refers to one of \(try row["parent"] as String) that is not there"
        )
    }

    private static func arguments(_ values: [DatabaseValue]) -> StatementArguments {
        StatementArguments(values.map(\.grdb))
    }

    private func told<Value>(_ body: () throws -> Value) throws(StoreError) -> Value {
        do {
            return try body()
        } catch {
            throw StoreError(error, path: path)
        }
    }
}

extension DatabaseValue {
    fileprivate init(_ value: GRDB.DatabaseValue) {
        switch value.storage {
        case .null: self = .null
        case .int64(let value): self = .integer(value)
        case .double(let value): self = .real(value)
        case .string(let value): self = .text(value)
        case .blob(let value): self = .blob(value)
        }
    }

    /// As an existential, so that each goes by its own conformance: `value.databaseValue` finds the one that GRDB has for
    /// whatever is `Encodable`, and it writes `Data` as JSON text.
    fileprivate var grdb: (any GRDB.DatabaseValueConvertible)? {
        switch self {
        case .null: nil
        case .integer(let value): value
        case .real(let value): value
        case .text(let value): value
        case .blob(let value): value
        }
    }
}
