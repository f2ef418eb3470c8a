import GRDB
import Synchronization

/// Gathers the writes that wait while another commit is under way, and commits them as one transaction.
///
/// With `synchronous = FULL` a commit costs one `fsync`, some milliseconds on a plain disk: a hundred handlers that
/// finish together then pay for one, and the service's pace is not bound to the disk's.
final class CommitGroup: Sendable {
    /// How many writes one transaction takes at most, so that the first of them is not kept waiting for long.
    static let limit = 128

    private struct Write: Sendable {
        /// Runs in a savepoint; returns what is to happen once the transaction's fate is known.
        let perform: @Sendable (Database) -> Completion
        let fail: @Sendable (any Error) -> Void
    }

    private typealias Completion = @Sendable () -> Void

    private struct State {
        var waiting: [Write] = []
        var isDraining = false
    }

    private let pool: DatabasePool
    private let state = Mutex(State())

    init(pool: DatabasePool) {
        self.pool = pool
    }

    func perform<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            enqueue(
                Write(
                    perform: { database in
                        do {
                            let value = try Self.savepoint(database, body)
                            return { continuation.resume(returning: value) }
                        } catch {
                            return { continuation.resume(throwing: error) }
                        }
                    },
                    fail: { continuation.resume(throwing: $0) }))
        }
    }

    private static func savepoint<Value>(_ database: Database, _ body: (Database) throws -> Value) throws -> Value {
        try database.execute(sql: "SAVEPOINT piece")
        do {
            let value = try body(database)
            try database.execute(sql: "RELEASE piece")
            return value
        } catch {
            // SQLite has rolled back everything already after a full disk or a failed read: nothing is left to undo.
            if database.isInsideTransaction {
                try database.execute(sql: "ROLLBACK TO piece")
                try database.execute(sql: "RELEASE piece")
            }
            throw error
        }
    }

    private func enqueue(_ write: Write) {
        let starts = state.withLock { state in
            state.waiting.append(write)
            defer { state.isDraining = true }
            return !state.isDraining
        }
        guard starts else { return }
        pool.asyncWriteWithoutTransaction { database in self.drain(database) }
    }

    private func drain(_ database: Database) {
        while true {
            let writes = state.withLock { state -> [Write] in
                let taken = Array(state.waiting.prefix(Self.limit))
                state.waiting.removeFirst(taken.count)
                if taken.isEmpty { state.isDraining = false }
                return taken
            }
            if writes.isEmpty { return }
            commit(writes, in: database)
        }
    }

    private func commit(_ writes: [Write], in database: Database) {
        var completions: [Completion] = []
        do {
            try database.inTransaction(.immediate) {
                for write in writes {
                    completions.append(write.perform(database))
                    // Gone when SQLite itself had to roll back: the writes before this one are undone with it.
                    guard database.isInsideTransaction else {
                        throw DatabaseError(
                            resultCode: .SQLITE_ABORT, message: "the shared transaction was rolled back")
                    }
                }
                return .commit
            }
        } catch {
            if writes.count == 1 {
                // Alone in its transaction: its own error tells more than that of the rollback.
                if let own = completions.first, (error as? DatabaseError)?.resultCode == .SQLITE_ABORT {
                    own()
                } else {
                    writes[0].fail(error)
                }
            } else {
                // Each again by itself, so that only the one that cannot be done fails.
                for write in writes { commit([write], in: database) }
            }
            return
        }
        for completion in completions { completion() }
    }
}
