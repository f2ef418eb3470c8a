import Crypto
import FoundationEssentials
import Text

extension Store {
    /// What was copied of a table and found in the copy.
    public struct Copied: Sendable, Equatable {
        public var table: Table
        /// Of all its rows, as hexadecimal digits.
        public var digest: String
    }

    /// Copies all rows of a file into a PostgreSQL database that has the same schema and no rows, or the other way round,
    /// reads them back and compares them. It is one snapshot of the original and one transaction of the target: after any
    /// error that is as it was.
    ///
    /// A table's rows are read in the order of its primary key, a few thousand at a time.
    /// - Parameter progress: called for each table when it is copied and proved.
    /// - Throws: ``StoreError``: `notEmpty` for a target with rows, `corrupt` where the copy is not the same.
    public func copy(
        to target: Store, progress: @escaping @Sendable (Copied) -> Void = { _ in }
    ) async throws -> [Copied] {
        let names = (name, target.name)
        if let source = engine as? SQLiteEngine {
            return try await target.write { copy in
                // The thread that writes to PostgreSQL is for nothing else, so it may wait for the file.
                try source.snapshot { original in
                    try TableCopy(original: original, copy: copy, shape: original, names: names).all(progress)
                }
            }
        }
        guard let file = target.engine as? SQLiteEngine else {
            throw StoreError(.database, "neither \(name) nor \(target.name) is a file of SQLite's")
        }
        return try await read { original in
            // The same of a thread that reads.
            try file.transaction { copy in
                try TableCopy(original: original, copy: copy, shape: copy, names: names).all(progress)
            }
        }
    }
}

/// Copies within one snapshot of the original and one transaction of the copy.
private struct TableCopy {
    /// Rows read at a time.
    private static let page = 2_000
    /// Rows inserted at a time.
    private static let batch = 50

    let original: Database
    let copy: Database
    /// The one of both that is SQLite's: it says which tables and columns there are.
    let shape: Database
    let names: (original: String, copy: String)

    func all(_ progress: (Store.Copied) -> Void) throws -> [Store.Copied] {
        let tables = try shape.tables()
        for table in tables {
            let rows: Int = try copy.value("SELECT COUNT(*) FROM \(table)") ?? 0
            guard rows == 0 else {
                throw StoreError(
                    .notEmpty,
                    "\(names.copy) has \(rows) rows in \(table) already; give a database that no pipeline has used, or "
                        + "empty this one: DROP SCHEMA … CASCADE; CREATE SCHEMA …")
            }
        }
        var copied: [Store.Copied] = []
        for table in tables {
            let before = try insert(table)
            let after = try summary(of: table, in: copy)
            guard before == after else {
                throw StoreError(
                    .corrupt,
                    "the copy of \(table) in \(names.copy) is not the same: \(before.table.rows) rows with the digest "
                        + "\(before.digest), not \(after.table.rows) with \(after.digest)")
            }
            progress(after)
            copied.append(after)
        }
        try continueNumbers()
        return copied
    }

    private func insert(_ table: String) throws -> Store.Copied {
        let columns: [String] = try shape.values(Dialect.columns, [table])
        let row = "(" + columns.map { _ in "?" }.joined(separator: ", ") + ")"
        func statement(_ rows: Int) -> String {
            "INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES "
                + Array(repeating: row, count: rows).joined(separator: ", ")
        }
        let (whole, single) = (statement(Self.batch), statement(1))
        return try summary(of: table, in: original) { rows in
            var rows = rows[...]
            while rows.count >= Self.batch {
                try copy.execute(whole, rows.prefix(Self.batch).flatMap(\.values))
                rows = rows.dropFirst(Self.batch)
            }
            for row in rows { try copy.execute(single, row.values) }
        }
    }

    /// Counts and digests a table's rows.
    private func summary(
        of table: String, in database: Database, _ take: ([Row]) throws -> Void = { _ in }
    ) throws -> Store.Copied {
        let columns: [String] = try shape.values(Dialect.columns, [table])
        let key: [String] = try shape.values(Dialect.keyColumns, [table])
        guard !key.isEmpty else { throw StoreError(.database, "the table \(table) has no primary key to read it by") }
        let list = key.joined(separator: ", ")
        let select = "SELECT \(columns.joined(separator: ", ")) FROM \(table)"
        let order = "ORDER BY \(list) LIMIT \(Self.page)"
        let after = "(\(list)) > (\(key.map { _ in "?" }.joined(separator: ", ")))"
        var last: [DatabaseValue]?
        var hash = SHA256()
        var count = 0
        while true {
            let rows =
                try last.map { try database.rows("\(select) WHERE \(after) \(order)", $0) }
                ?? database.rows("\(select) \(order)")
            try take(rows)
            for value in rows.flatMap(\.values) { hash.update(value) }
            count += rows.count
            guard rows.count == Self.page, let end = rows.last else { break }
            last = try key.map { try end[$0] as DatabaseValue }
        }
        let digest = Hex.encode(hash.finalize(), first: 16)
        return Store.Copied(table: Store.Table(name: table, rows: count), digest: digest)
    }

    /// A number that was given is never given again, whether its row is still there or not.
    private func continueNumbers() throws {
        for (table, key) in try shape.numberedTables() {
            guard let last = try original.lastNumber(of: table, key: key), last > 0 else { continue }
            try copy.continueNumbers(of: table, key: key, after: last)
        }
    }
}

extension SHA256 {
    /// Adds a value, unmistakably: its kind and its length come first.
    fileprivate mutating func update(_ value: DatabaseValue) {
        switch value {
        case .null: update(data: [0] as [UInt8])
        case .integer(let number): update(1, Array("\(number)".utf8))
        case .real(let number): update(2, Array("\(number)".utf8))
        case .text(let text): update(3, Array(text.utf8))
        case .blob(let data): update(4, Array(data))
        }
    }

    private mutating func update(_ kind: UInt8, _ bytes: [UInt8]) {
        update(data: [kind] + withUnsafeBytes(of: UInt64(bytes.count).littleEndian, Array.init))
        update(data: bytes)
    }
}
