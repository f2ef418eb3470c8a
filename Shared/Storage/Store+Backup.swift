extension Store {
    /// Copies what is committed at one moment into a new file of SQLite's, while others read and write. A file is copied page
    /// by page, with a rest after each piece for as long as it took, so that it takes half of the disk's time at most; a
    /// PostgreSQL database is copied table by table, within one snapshot of it, and compared.
    /// - Parameters:
    ///   - path: of the new file.
    ///   - migrations: the schema's steps, which a PostgreSQL database has to have taken.
    /// - Throws: ``StoreError``: `full`, `olderSchema`, `corrupt` where the copy is not whole. What was written of the file
    ///   then is the caller's to remove.
    public func backup(to path: String, migrations: [Migration]) async throws {
        if let source = engine as? SQLiteEngine {
            try await source.backup(to: path)
        } else {
            let pending = try await pending(migrations)
            guard pending.isEmpty else {
                throw StoreError(
                    .olderSchema,
                    "\(name) is not up to date (\(pending.joined(separator: ", "))); run pipeline database migrate first"
                )
            }
            let copy = try Store.open(at: path, migrations: migrations, durability: .process)
            do {
                _ = try await self.copy(to: copy)
            } catch {
                try? await copy.close()
                throw error
            }
            try await copy.close()
        }
        let copy = try Store.open(asItIs: path)
        let faults = try await copy.faults()
        try await copy.settle()
        try await copy.close()
        guard faults.isEmpty else {
            throw StoreError(.corrupt, "\(name) is damaged: \(faults.joined(separator: "; "))")
        }
    }

    /// Has all that was committed be in a file of SQLite's itself, which may be copied or moved alone once it is closed.
    /// - Throws: ``StoreError``.
    public func settle() async throws {
        try await (engine as? SQLiteEngine)?.settle()
    }
}
