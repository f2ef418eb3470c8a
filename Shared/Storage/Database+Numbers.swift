/// The numbers that a table with `AUTOINCREMENT` gives its rows.
extension Database {
    /// The last number that a table has given, whether its row is still there or not; `nil` where it has given none.
    /// - Parameters:
    ///   - table: with `AUTOINCREMENT`.
    ///   - key: the column it numbers.
    /// - Throws: ``StoreError``.
    public func lastNumber(of table: String, key: String) throws(StoreError) -> Int64? {
        switch dialect {
        case .sqlite: try value(Dialect.lastNumber, [table])
        case .postgreSQL: try value(Dialect.lastSequenceNumber, [table.lowercased(), key.lowercased()])
        }
    }

    /// Has a table go on after a number.
    /// - Throws: ``StoreError``.
    public func continueNumbers(of table: String, key: String, after number: Int64) throws(StoreError) {
        switch dialect {
        case .sqlite:
            guard try execute(Dialect.setLastNumber, [number, table]) == 0 else { return }
            try execute(Dialect.addLastNumber, [number, table])
        case .postgreSQL: _ = try rows(Dialect.continueNumbers, [table.lowercased(), key.lowercased(), number])
        }
    }

    /// The tables of a file that number their rows, each with the column it numbers.
    func numberedTables() throws(StoreError) -> [(name: String, key: String)] {
        var tables: [(name: String, key: String)] = []
        for name in try values(Dialect.numberedTables) as [String] {
            guard let key: String = try value(Dialect.keyColumns, [name]) else { continue }
            tables.append((name, key))
        }
        return tables
    }
}
