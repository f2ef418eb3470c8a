#if PostgreSQL
    import Storage
    import Threading

    /// A session on its own thread, so that what blocks there blocks nobody else.
    actor PostgreSQLSession {
        private nonisolated let thread: PinnedThread
        nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

        private let connection: PostgreSQLConnection

        init(
            _ address: PostgreSQLAddress, thread name: String, patience: Duration,
            setup: @escaping @Sendable (PostgreSQLConnection) throws(StoreError) -> Void = { _ throws(StoreError) in }
        ) {
            thread = PinnedThread(name: name)
            connection = PostgreSQLConnection(address, patience: patience, setup: setup)
        }

        func use<Value: Sendable>(_ body: @Sendable (PostgreSQLConnection) throws -> Value) rethrows -> Value {
            try body(connection)
        }

        /// Runs queries on one snapshot.
        func read<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) throws -> Value {
            connection.beginReading()
            do {
                let value = try body(Database(connection))
                connection.endReading()
                return value
            } catch {
                connection.rollback()
                throw error
            }
        }

        func close() { connection.end() }
    }
#endif
