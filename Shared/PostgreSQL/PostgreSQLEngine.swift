#if PostgreSQL
    public import Logging
    public import Storage

    /// A PostgreSQL database: one session that writes, and some that read.
    ///
    /// The session that writes holds an advisory lock on the database's schema for as long as it lives, so a second
    /// service on the same one is refused, and whoever lost its session writes nothing any more: the lock and the writes
    /// go together.
    public final class PostgreSQLEngine: DatabaseEngine {
        /// Reads at a time.
        private static let readers = 6
        /// For how long an operation waits for a server that is away, as one waits for SQLite's file.
        private static let patience = Duration.seconds(5)

        public let name: String
        private let writer: PostgreSQLSession
        private let pool: SessionPool

        private init(_ address: PostgreSQLAddress, isAlone: Bool) {
            name = address.name
            let lock = DatabaseLock(address.name)
            writer = PostgreSQLSession(address, thread: "pg-writer", patience: Self.patience) {
                connection throws(StoreError) in
                if isAlone { try lock.take(connection) }
            }
            pool = SessionPool(
                (0..<Self.readers).map {
                    PostgreSQLSession(address, thread: "pg-reader-\($0)", patience: Self.patience)
                })
        }

        /// Connects. A server that is not there yet and a database that another service holds are waited for, for
        /// `patience`, and the log tells so.
        /// - Parameters:
        ///   - url: as libpq takes it; a password in it is never shown.
        ///   - password: the password, where it is not in the address.
        ///   - isAlone: whether the database is held against other services. To look at it that is not needed.
        /// - Throws: `StoreError`: `unavailable`, `busy`, `refused`.
        public static func open(
            _ url: String, password: String? = nil, isAlone: Bool = true, patience: Duration = .seconds(60),
            logger: Logger
        ) async throws -> PostgreSQLEngine {
            let engine = PostgreSQLEngine(try PostgreSQLAddress(url, password: password), isAlone: isAlone)
            let begin = ContinuousClock.now
            /// When the log mentions the wait next.
            var notice = begin.advanced(by: .seconds(1))
            while true {
                do {
                    try await engine.writer.use { try $0.prepare() }
                    return engine
                } catch let error as StoreError where error.isPassing && begin.duration(to: .now) < patience {
                    if notice <= .now {
                        logger.notice("waiting for the database", metadata: ["error": "\(error)"])
                        notice = .now.advanced(by: .seconds(10))
                    }
                    // Its last owner's session may be ending right now.
                    let isYoung = begin.duration(to: .now) < .seconds(1)
                    try await Task.sleep(for: isYoung ? .milliseconds(20) : .seconds(1))
                }
            }
        }

        /// - Throws: what `body` throws, or `StoreError` where no connection is there in time.
        public func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value
        {
            try await pool.use { try await $0.read(body) }
        }

        public func schedule(_ body: @escaping @Sendable (any DatabaseConnection) -> Void) {
            Task.detached { [writer] in await writer.use { body($0) } }
        }

        /// - Throws: `StoreError`: `newerSchema`, and whatever the server has against a step.
        public func migrate(_ migrator: Migrator) async throws(StoreError) {
            do {
                try await writer.use { [name] connection in
                    let state = try migrator.state(of: connection, name)
                    // What a schema's steps do is undone with their transaction.
                    if !state.isEmpty { try migrator.attempt(state, on: connection) }
                    try migrator.migrate(state, on: connection)
                }
            } catch {
                throw error as? StoreError
                    ?? StoreError(.database, "\(name) cannot be migrated: \(error)", cause: error)
            }
        }

        public func close() async {
            await writer.close()
            for session in pool.sessions { await session.close() }
        }
    }
#endif
