/// One row of a result.
public struct Row: Sendable {
    /// Where the columns of a result are, by name; shared by its rows.
    public final class Columns: Sendable {
        private let positions: [String: Int]

        /// - Parameter names: as the database gives them. Of two equal ones the first counts.
        public init(_ names: some Sequence<String>) {
            positions = Dictionary(zip(names, 0...)) { first, _ in first }
        }

        /// PostgreSQL gives the names in lower case.
        func position(of name: String) -> Int? { positions[name] ?? positions[name.lowercased()] }
    }

    let columns: Columns
    /// In the order of the result's columns.
    public let values: [DatabaseValue]

    public init(columns: Columns, values: [DatabaseValue]) {
        self.columns = columns
        self.values = values
    }

    /// The value of a column that is never `NULL`.
    /// - Throws: ``StoreError`` `corrupt` where it holds something else, or where there is no such column.
    public subscript<Value: DatabaseValueConvertible>(name: String) -> Value {
        get throws(StoreError) {
            let stored = try stored(name)
            guard let value = Value(databaseValue: stored) else { throw Self.mismatch(name, stored, Value.self) }
            return value
        }
    }

    /// The value of a column; `nil` for `NULL`.
    /// - Throws: ``StoreError`` `corrupt` where it holds something else, or where there is no such column.
    public subscript<Value: DatabaseValueConvertible>(name: String) -> Value? {
        get throws(StoreError) {
            let stored = try stored(name)
            if stored == .null { return nil }
            guard let value = Value(databaseValue: stored) else { throw Self.mismatch(name, stored, Value.self) }
            return value
        }
    }

    private func stored(_ name: String) throws(StoreError) -> DatabaseValue {
        guard let position = columns.position(of: name) else {
            throw StoreError(.corrupt, "the result has no column \(name)")
        }
        return values[position]
    }

    static func mismatch(_ name: String, _ stored: DatabaseValue, _ type: Any.Type) -> StoreError {
        let kind =
            switch stored {
            case .null: "NULL"
            case .integer: "an integer"
            case .real: "a real number"
            case .text: "a text"
            case .blob: "a blob"
            }
        return StoreError(.corrupt, "the column \(name) holds \(kind) that is not a valid \(type)")
    }
}
