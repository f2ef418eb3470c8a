extension Store {
    /// A table, and what there is in it.
    public struct Table: Sendable, Equatable {
        public var name: String
        public var rows: Int
    }

    /// The tables, without the one that notes the schema's steps.
    public func tables() async throws -> [Table] {
        try await read { database in
            try database.tables().map { Table(name: $0, rows: try database.value("SELECT COUNT(*) FROM \($0)") ?? 0) }
        }
    }

    /// What the database itself finds wrong with its file. PostgreSQL checks pages when it reads them, and has tools of
    /// its own.
    /// - Returns: a sentence for each; none where all is well.
    public func faults() async throws -> [String] {
        try await read { database in
            guard database.dialect == .sqlite else { return [] }
            let faults: [String] = try database.values("PRAGMA integrity_check")
            let references = try database.rows("PRAGMA foreign_key_check").map { row in
                "a row of \(try row["table"] as String) refers to one of \(try row["parent"] as String) that is not there"
            }
            return faults.filter { $0 != "ok" } + references
        }
    }
}

extension Database {
    func tables() throws(StoreError) -> [String] {
        let tables: [String] = try values(dialect.tables)
        return tables.filter { $0 != dialect.migrationTable }
    }
}
