import Synchronization

/// Gathers the writes that wait while another commit is under way, and commits them as one transaction.
///
/// A durable commit costs one `fsync`, some milliseconds on a plain disk: a hundred handlers that finish together then
/// pay for one, and the service's pace is not bound to the disk's.
final class CommitGroup: Sendable {
    /// How many writes one transaction takes at most, so that the first of them is not kept waiting for long.
    static let limit = 128

    private struct Write: Sendable {
        /// Runs in a savepoint, or alone in its transaction; returns what is to happen once that is committed.
        let perform: @Sendable (any DatabaseConnection, _ isAlone: Bool) -> Outcome
        let fail: @Sendable (any Error) -> Void
    }

    private enum Outcome {
        /// With what is to follow the commit, and then the return to who asked for the write.
        case done(following: [@Sendable () -> Void], complete: @Sendable () -> Void)
        case failed(any Error)
    }

    private struct State {
        var waiting: [Write] = []
        var isDraining = false
        /// What is to follow commits whose answer was lost.
        var unsettled: [@Sendable () -> Void] = []
        /// Whether settling them has failed just now and is tried again after a pause.
        var isPausing = false
    }

    private let engine: any DatabaseEngine
    /// How long a database that is away is left alone where nothing is waiting to be written.
    private let pause: Duration
    private let state = Mutex(State())

    init(engine: any DatabaseEngine, pause: Duration) {
        self.engine = engine
        self.pause = pause
    }

    func perform<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        let whole: @Sendable (Database) throws -> Value = { database in
            let value = try body(database)
            if let failure = database.failure { throw failure }
            return value
        }
        return try await withCheckedThrowingContinuation { continuation in
            enqueue(
                Write(
                    perform: { connection, isAlone in
                        let database = Database(connection)
                        do {
                            let value = try isAlone ? whole(database) : Self.savepoint(connection, database, whole)
                            return .done(following: database.takeCommitted()) {
                                continuation.resume(returning: value)
                            }
                        } catch {
                            return .failed(error)
                        }
                    },
                    fail: { continuation.resume(throwing: $0) }))
        }
    }

    private static func savepoint<Value>(
        _ connection: any DatabaseConnection, _ database: Database, _ body: (Database) throws -> Value
    ) throws -> Value {
        try connection.savepoint()
        do {
            let value = try body(database)
            try connection.release()
            return value
        } catch {
            try connection.rollbackToSavepoint()
            throw error
        }
    }

    private func enqueue(_ write: Write) {
        let starts = state.withLock { state in
            state.waiting.append(write)
            return Self.starts(&state)
        }
        if starts { schedule() }
    }

    private static func starts(_ state: inout State) -> Bool {
        defer { state.isDraining = true }
        return !state.isDraining
    }

    private func schedule() {
        engine.schedule { connection in self.drain(connection) }
    }

    private func drain(_ connection: any DatabaseConnection) {
        while true {
            let (writes, isUnsettled) = state.withLock { state in
                let taken = Array(state.waiting.prefix(Self.limit))
                state.waiting.removeFirst(taken.count)
                let isUnsettled = !state.unsettled.isEmpty && !state.isPausing
                state.isDraining = !taken.isEmpty || isUnsettled
                return (taken, isUnsettled)
            }
            if !writes.isEmpty {
                commit(writes, on: connection)
            } else if isUnsettled {
                settle(on: connection)
            } else {
                return
            }
        }
    }

    /// Has follow what was to follow commits whose answer was lost. A session that writes again comes after the server
    /// has settled them, one way or the other; where nothing is waiting to be written, nothing is what is written.
    private func settle(on connection: any DatabaseConnection) {
        do {
            try connection.begin()
            _ = try connection.rows("SELECT 1", [])
            try connection.commit()
            settled()
        } catch {
            connection.rollback()
            // Also where another session holds the lock: it may be the last one of this service, not ended yet.
            settleLater()
        }
    }

    /// Leaves the database's thread meanwhile, so that what comes to be written is tried at once.
    private func settleLater() {
        state.withLock { $0.isPausing = true }
        Task {
            // Nobody cancels it; if somebody did, it would be tried at once.
            try? await Task.sleep(for: pause)
            settleAgain()
        }
    }

    private func settleAgain() {
        let starts = state.withLock { state in
            state.isPausing = false
            return !state.unsettled.isEmpty && Self.starts(&state)
        }
        if starts { schedule() }
    }

    private func settled() {
        let actions = state.withLock { state in
            defer { state.unsettled = [] }
            return state.unsettled
        }
        for action in actions { action() }
    }

    private func isUnsettled(_ actions: [@Sendable () -> Void], after error: StoreError) {
        if error.code == .unavailable { state.withLock { $0.unsettled += actions } }
    }

    private func commit(_ writes: [Write], on connection: any DatabaseConnection) {
        do {
            try connection.begin()
        } catch {
            for write in writes { write.fail(error) }
            return
        }
        if writes.count == 1 { return commit(alone: writes[0], on: connection) }
        var outcomes: [(Write, Outcome)] = []
        for write in writes {
            let outcome = write.perform(connection, false)
            outcomes.append((write, outcome))
            guard !connection.isInTransaction else { continue }
            // The database itself had to roll back: the writes before this one are undone with it.
            if case .failed(let error) = outcome { return commitAgain(writes, after: error, on: connection) }
            return commitEach(writes, on: connection)
        }
        do {
            try connection.commit()
        } catch {
            connection.rollback()
            for case (_, .done(let following, _)) in outcomes { isUnsettled(following, after: error) }
            return commitAgain(writes, after: error, on: connection)
        }
        settled()
        for (write, outcome) in outcomes {
            switch outcome {
            case .done(let following, let complete):
                for action in following { action() }
                complete()
            case .failed(let error): write.fail(error)
            }
        }
    }

    /// A database that is away fails them all, at once: nobody knows whether they are committed, and whoever asked for
    /// a write knows whether it can be done twice.
    private func commitAgain(_ writes: [Write], after error: any Error, on connection: any DatabaseConnection) {
        guard (error as? StoreError)?.isAway == true else { return commitEach(writes, on: connection) }
        for write in writes { write.fail(error) }
    }

    /// Each again by itself, so that only the one that cannot be done fails.
    private func commitEach(_ writes: [Write], on connection: any DatabaseConnection) {
        for write in writes { commit([write], on: connection) }
    }

    private func commit(alone write: Write, on connection: any DatabaseConnection) {
        switch write.perform(connection, true) {
        case .done(let following, let complete):
            do {
                try connection.commit()
            } catch {
                connection.rollback()
                isUnsettled(following, after: error)
                return write.fail(error)
            }
            settled()
            for action in following { action() }
            complete()
        case .failed(let error):
            connection.rollback()
            write.fail(error)
        }
    }
}
