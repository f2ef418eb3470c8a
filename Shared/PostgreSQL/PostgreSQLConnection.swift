#if PostgreSQL
    import CPostgreSQL
    import FoundationEssentials
    import Glibc
    import Storage

    /// One session, on the thread that it is used on; its calls block.
    ///
    /// What only begins or ends something is not sent by itself: it goes along with the next statement, so that a
    /// transaction costs as many round trips as it has statements, and one for its commit (libpq's pipeline mode).
    final class PostgreSQLConnection: DatabaseConnection {
        private enum Mode { case idle, reading, writing }

        /// Makes a new session fit for use.
        typealias Setup = (PostgreSQLConnection) throws(StoreError) -> Void

        let address: PostgreSQLAddress
        /// For how long a server that is away is waited for, and after how long without an answer it is asked whether it
        /// is there.
        private let patience: Duration
        /// Since when no server answers. What comes later waits no more: behind it others wait for this session.
        private var awaySince: ContinuousClock.Instant?
        /// The last failure to connect. Who waited behind it fails with it: a server that is frozen takes each try's time.
        private var failure: (error: StoreError, at: ContinuousClock.Instant)?
        private let setup: Setup
        private var connection: OpaquePointer?
        /// The names of prepared statements, by their text in the stores.
        private var prepared: [String: String] = [:]
        /// What goes along with the next statement.
        private var deferred: [String] = []
        /// Whether the server has seen something of the transaction that is open.
        private var isSent = false
        private var mode = Mode.idle
        /// How many answers were asked for and not read yet.
        private var unread = 0

        init(_ address: PostgreSQLAddress, patience: Duration, setup: @escaping Setup = { _ throws(StoreError) in }) {
            self.address = address
            self.patience = patience
            self.setup = setup
        }

        deinit { PQfinish(connection) }

        var dialect: Dialect { .postgreSQL }

        var isInTransaction: Bool { mode != .idle }

        func close() {
            PQfinish(connection)
            connection = nil
            prepared = [:]
            deferred = []
            unread = 0
            isSent = false
            mode = .idle
        }

        // MARK: - Transactions

        func begin() throws(StoreError) { open("BEGIN ISOLATION LEVEL READ COMMITTED", .writing) }

        /// Begins a snapshot.
        func beginReading() { open("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", .reading) }

        private func open(_ command: String, _ mode: Mode) {
            deferred = [command]
            self.mode = mode
            isSent = false
        }

        func commit() throws(StoreError) {
            guard isInTransaction else {
                throw StoreError(.unavailable, StoreError.away(address.name, "the session was lost"))
            }
            guard isSent else { return forget() }
            var command = ""
            try run([.plain("COMMIT")]) { result throws(StoreError) in command = result.command }
            mode = .idle
            guard command == "COMMIT" else {
                throw StoreError(.database, "PostgreSQL undid a transaction on \(address.name) that had failed before")
            }
        }

        /// Ends a snapshot; nobody waits for it.
        func endReading() {
            guard isSent, let connection else { return forget() }
            mode = .idle
            deferred = []
            guard PQsendQueryParams(connection, "COMMIT", 0, nil, nil, nil, nil, 0) == 1,
                PQpipelineSync(connection) == 1
            else { return close() }
            unread += 1
        }

        func rollback() {
            guard isInTransaction else { return }
            guard isSent else { return forget() }
            deferred = []
            do {
                try run([.plain("ROLLBACK")])
                mode = .idle
            } catch {
                // Without its session there is no transaction.
                close()
            }
        }

        private func forget() {
            deferred = []
            mode = .idle
        }

        func savepoint() throws(StoreError) { deferred.append("SAVEPOINT piece") }

        func release() throws(StoreError) { deferred.append("RELEASE piece") }

        func rollbackToSavepoint() throws(StoreError) {
            if isInTransaction { deferred += ["ROLLBACK TO piece", "RELEASE piece"] }
        }

        func migrating(_ body: () throws -> Void) throws { try body() }

        /// PostgreSQL checks each statement.
        func checkReferences() throws(StoreError) {}

        // MARK: - Statements

        func execute(_ sql: String, _ arguments: [DatabaseValue]) throws(StoreError) -> Int {
            var changes = 0
            try run([.prepared(sql, arguments)]) { result throws(StoreError) in changes = result.changes }
            return changes
        }

        func rows(_ sql: String, _ arguments: [DatabaseValue]) throws(StoreError) -> [Row] {
            var rows: [Row] = []
            try run([.prepared(sql, arguments)]) { result throws(StoreError) in rows = result.rows() }
            return rows
        }

        func run(script: String) throws(StoreError) {
            // Several statements at once are not for a pipeline.
            try run([])
            guard let connection, PQexitPipelineMode(connection) == 1,
                PQsendQuery(connection, dialect.schema(script)) == 1
            else { throw lost() }
            var failure: StoreError?
            while let result = try next(connection) { failure = failure ?? result.error(address.name) }
            guard PQstatus(connection) == CONNECTION_OK, PQenterPipelineMode(connection) == 1 else { throw lost() }
            if let failure { throw failure }
        }

        // MARK: - The pipeline

        private enum Command {
            case plain(String)
            case prepared(String, [DatabaseValue])
        }

        /// Sends what was deferred and the commands, and reads the answers. Connects first where there is no session; a
        /// session that turns out to be lost is made anew where nothing of the transaction was sent before.
        /// - Parameter take: is given the last command's result.
        private func run(
            _ commands: [Command],
            take: (borrowing PostgreSQLResult) throws(StoreError) -> Void = { _ throws(StoreError) in }
        ) throws(StoreError) {
            let begins = isInTransaction && !isSent
            let (waiting, mode) = (deferred, mode)
            if connection == nil {
                try connect()
                (deferred, self.mode) = (waiting, mode)
            }
            do {
                try exchange(commands, take)
            } catch  where error.code == .unavailable && begins && connection == nil {
                try connect()
                (deferred, self.mode) = (waiting, mode)
                try exchange(commands, take)
            }
        }

        private func exchange(
            _ commands: [Command], _ take: (borrowing PostgreSQLResult) throws(StoreError) -> Void
        ) throws(StoreError) {
            guard let connection else { throw lost() }
            try drain(connection)
            let all = deferred.map(Command.plain) + commands
            guard !all.isEmpty else { return }
            var preparing: [Int: (sql: String, name: String)] = [:]
            var answers = 0
            for command in all {
                let isSent: Bool
                switch command {
                case .plain(let text): isSent = PQsendQueryParams(connection, text, 0, nil, nil, nil, nil, 0) == 1
                case .prepared(let sql, let arguments):
                    var name = prepared[sql]
                    if name == nil {
                        let new = "s\(prepared.count)"
                        guard PQsendPrepare(connection, new, dialect.statement(sql), 0, nil) == 1 else { throw lost() }
                        preparing[answers] = (sql, new)
                        answers += 1
                        name = new
                    }
                    isSent = Self.send(name ?? "", arguments, on: connection)
                }
                guard isSent else { throw lost() }
                answers += 1
            }
            guard PQpipelineSync(connection) == 1 else { throw lost() }
            deferred = []
            self.isSent = true
            var failure: StoreError?
            for answer in 0..<answers {
                guard let result = try next(connection) else { throw lost() }
                if let error = result.error(address.name) {
                    failure = failure ?? error
                } else if result.status != PGRES_PIPELINE_ABORTED {
                    if let new = preparing[answer] { prepared[new.sql] = new.name }
                    if answer == answers - 1, failure == nil { try take(result) }
                }
                guard PQstatus(connection) == CONNECTION_OK else { throw lost() }
                // The answer ends.
                while try next(connection) != nil {}
            }
            try synchronise(connection)
            if let failure {
                // The server ends a session that it tells such things.
                if failure.code == .unavailable { close() }
                throw failure
            }
        }

        /// Reads what was asked for and not waited for.
        private func drain(_ connection: OpaquePointer) throws(StoreError) {
            while unread > 0 {
                while try next(connection) != nil {}
                try synchronise(connection)
                unread -= 1
            }
        }

        private func synchronise(_ connection: OpaquePointer) throws(StoreError) {
            guard try next(connection)?.status == PGRES_PIPELINE_SYNC else { throw lost() }
        }

        /// Sends what is not sent yet, and waits for the next result; `nil` ends those of a statement.
        ///
        /// A statement may take its time, so time alone does not end the wait: a server from which nothing comes is asked on
        /// another connection whether it is there. One that is frozen is not, and no timeout of TCP notices, since its
        /// kernel goes on to acknowledge.
        private func next(_ connection: OpaquePointer) throws(StoreError) -> PostgreSQLResult? {
            while true {
                let isUnsent = PQflush(connection)
                guard isUnsent >= 0 else { throw lost() }
                guard PQisBusy(connection) == 1 else { return PQgetResult(connection).map(PostgreSQLResult.init) }
                let events = isUnsent == 1 ? POLLIN | POLLOUT : POLLIN
                var descriptor = pollfd(fd: PQsocket(connection), events: Int16(events), revents: 0)
                let ready = poll(&descriptor, 1, Int32(clamping: patience.components.seconds * 1_000))
                if ready == 0 {
                    guard address.isThere else { throw lost("it does not answer any more") }
                } else {
                    guard ready > 0 || errno == EINTR, PQconsumeInput(connection) == 1 else { throw lost() }
                }
            }
        }

        /// Ends the session, and says why.
        private func lost(_ reason: String? = nil) -> StoreError {
            let words = reason ?? connection.map(Self.words) ?? "the session was lost"
            close()
            return StoreError(.unavailable, StoreError.away(address.name, words))
        }

        private static func words(_ connection: OpaquePointer) -> String {
            var words = Substring(String(cString: PQerrorMessage(connection)))
            while words.last?.isWhitespace == true { words = words.dropLast() }
            return words.isEmpty ? "the session was lost" : String(words.map { $0 == "\n" ? " " : $0 })
        }

        // MARK: - Connecting

        /// Ends the session in good order: its lock is free at once, not when the server has noticed.
        func end() {
            rollback()
            if connection != nil {
                do { try run([.plain("SELECT pg_advisory_unlock_all()")]) } catch { close() }
            }
            close()
        }

        /// Connects where there is no session.
        func prepare() throws(StoreError) {
            if connection == nil { try connect() }
        }

        private func connect() throws(StoreError) {
            close()
            if let failure, failure.at.duration(to: .now) < .seconds(1) { throw failure.error }
            do throws(StoreError) {
                try reach()
                failure = nil
            } catch {
                failure = (error, .now)
                throw error
            }
            let settings = [
                // A session that does not notice that its client is gone would hold the lock of this database.
                "SET tcp_keepalives_idle = 30", "SET tcp_keepalives_interval = 10", "SET tcp_keepalives_count = 3",
                "SET tcp_user_timeout = 60000",
                // Whoever else has rows or tables locked is waited for as long as for SQLite's file.
                "SET lock_timeout = 5000",
                // Limits that a role or a database has for its other users are not for the service. Some came with
                // PostgreSQL 14 and 17.
                """
                SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN ('statement_timeout',
                'transaction_timeout', 'idle_session_timeout', 'idle_in_transaction_session_timeout')
                """,
                "SET default_transaction_read_only = off",
                // What is acked is durable, whatever is enough for the server's other users.
                "SELECT set_config('synchronous_commit', 'on', false) "
                    + "WHERE current_setting('synchronous_commit') = 'off'",
            ]
            do throws(StoreError) {
                try checkEncoding()
                try exchange(settings.map { .plain($0) }) { _ throws(StoreError) in }
                try setup(self)
                isSent = false
            } catch {
                close()
                throw error
            }
        }

        /// Makes a session, and waits for a server that is away.
        private func reach() throws(StoreError) {
            var refusals = 0
            while true {
                let began = ContinuousClock.now
                guard let new = address.connect() else {
                    throw StoreError(.unavailable, "the process is out of memory")
                }
                connection = new
                // What the server remarks by the way is not for the service's standard error.
                PQsetNoticeProcessor(new, { _, _ in }, nil)
                if PQstatus(new) == CONNECTION_OK, PQenterPipelineMode(new) == 1, PQsetnonblocking(new, 1) == 0 {
                    awaySince = nil
                    return
                }
                let words = Self.words(new)
                close()
                // Who let the time for a connection pass would let it pass again.
                if began.duration(to: .now) < PostgreSQLAddress.timeout, address.isAnswering {
                    awaySince = nil
                    refusals += 1
                    // Once may be a server that was just starting.
                    if refusals > 1 {
                        throw StoreError(
                            .refused,
                            "\(address.name) refuses the service (\(words)); look at the user, the password, the name of the "
                                + "database and how many connections they may have")
                    }
                } else {
                    let since = awaySince ?? began
                    awaySince = since
                    guard since.duration(to: .now) < patience else {
                        throw StoreError(.unavailable, StoreError.away(address.name, words))
                    }
                }
                // This thread is for nothing else.
                usleep(200_000)
            }
        }

        /// Another encoding lacks characters that people write.
        private func checkEncoding() throws(StoreError) {
            let encoding = PQparameterStatus(connection, "server_encoding").map { String(cString: $0) } ?? "unknown"
            guard encoding != "UTF8" else { return }
            throw StoreError(
                .refused,
                "\(address.name) keeps texts in the encoding \(encoding), which cannot hold them all; give a database in UTF8: "
                    + "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0")
        }
    }
#endif
