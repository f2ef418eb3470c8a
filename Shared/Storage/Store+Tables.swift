extension Store {
    /// A table, and what there is in it.
    public struct Table: Sendable, Equatable {
        public var name: String
        public var rows: Int
    }

    /// The tables, without the one that notes the schema's steps.
    /// - Throws: ``StoreError``.
    public func tables() async throws -> [Table] {
        try await read { database in
            try database.tables().map { Table(name: $0, rows: try database.value("SELECT COUNT(*) FROM \($0)") ?? 0) }
        }
    }

    /// What the database itself finds wrong with its file.
    /// - Returns: a sentence for each; none where all is well.
    /// - Throws: ``StoreError`` where it cannot even be asked.
    public func faults() async throws -> [String] {
        try await read { database in
            let faults: [String] = try database.dialect.integrityCheck.map { try database.values($0) } ?? []
            let references = try (database.dialect.foreignKeyCheck.map { try database.rows($0) } ?? []).map { row in
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
