#if PostgreSQL
    import Storage

    /// The lock that says whose a schema is: an advisory lock, which ends with its session.
    struct DatabaseLock: Sendable {
        /// The database, for messages.
        let name: String

        init(_ name: String) { self.name = name }

        /// One database may hold several schemas. The other half of the lock’s number is “Slip”.
        private static let schema = "COALESCE(current_schema(), current_setting('search_path'))"

        /// Takes the lock for the session.
        /// - Throws: `StoreError` `busy`, with who holds it.
        @Sendable func take(_ connection: PostgreSQLConnection) throws(StoreError) {
            let database = Database(connection)
            let isTaken: Bool? = try database.value("SELECT pg_try_advisory_lock(1399613808, hashtext(\(Self.schema)))")
            if isTaken == true { return }
            let holder = try database.row(
                """
                SELECT activity.pid, application_name, host(client_addr) AS client, backend_start::text AS since
                FROM pg_locks JOIN pg_stat_activity AS activity ON activity.pid = pg_locks.pid
                WHERE locktype = 'advisory' AND granted AND classid = 1399613808
                    AND objid::bigint = hashtext(\(Self.schema))::bigint & 4294967295
                    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                """)
            var who = "another service"
            if let holder {
                let application: String? = try holder["application_name"]
                let client: String? = try holder["client"]
                who =
                    "“\(application ?? "")” from \(client ?? "the server's own machine") since \(try holder["since"] as String) "
                    + "(PostgreSQL's process \(try holder["pid"] as Int))"
            }
            throw StoreError(
                .busy,
                "\(name) is held by \(who): one pipeline at a time uses a database; stop the other one, or end what is left "
                    + "of it with SELECT pg_terminate_backend(…)")
        }
    }

    extension StoreError {
        /// Whether waiting may help.
        var isPassing: Bool { code == .busy || code == .unavailable }
    }
#endif
