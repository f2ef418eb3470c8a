extension Store {
    /// How much of a file is used: in pages, as SQLite counts.
    public struct Space: Sendable, Equatable {
        public var pages: Int
        /// Pages that hold nothing, and are used before the file grows.
        public var free: Int
        /// Whether free pages can be given back while the service runs: files of earlier versions cannot, until
        /// ``Store/compact()`` has made them anew.
        public var isIncremental: Bool
    }

    /// How much of the file is used; `nil` of a database that sees to it by itself.
    /// - Throws: ``StoreError``.
    public func space() async throws -> Space? {
        try await read { database in
            guard let row = try database.dialect.space.flatMap({ try database.row($0) }) else { return nil }
            return Space(pages: try row["pages"], free: try row["free"], isIncremental: try row["mode"] as Int == 2)
        }
    }

    /// Gives some of the free pages back to the disk.
    /// - Parameter keeping: how many stay, to be used again.
    /// - Returns: how many it were: 64 at most, so that nobody waits for the writer; 0 where there is nothing to do.
    /// - Throws: ``StoreError``.
    public func shrink(keeping: Int) async throws -> Int {
        guard let space = try await space(), space.isIncremental, space.free > keeping else { return 0 }
        let count = min(Self.piece, space.free - keeping)
        try await write { _ = try $0.rows(Dialect.shrink(count)) }
        return count
    }

    /// Pages given back at a time: 256 KiB.
    private static let piece = 64

    /// Makes the file anew without its free pages, so that they can be given back from then on. Nobody writes meanwhile, and
    /// the disk has to have room for a second one.
    /// - Throws: ``StoreError``; the file is as it was then.
    public func compact() async throws {
        guard let engine = engine as? SQLiteEngine else { return }
        try await engine.compact()
    }
}
