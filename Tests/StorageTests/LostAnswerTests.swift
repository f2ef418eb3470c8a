import Synchronization
import Testing

@testable import Storage

/// A commit whose answer is lost: whether it took place nobody knows.
@Suite struct LostAnswerTests {
    /// A database that answers as it is told, and holds nothing.
    private final class Script: DatabaseEngine {
        /// What the next calls throw, in order; `nil` for none. What comes after the last succeeds.
        struct Answers: Sendable {
            var begins: [StoreError?] = []
            var commits: [StoreError?] = []
        }

        let name = "script"
        private let answers: Mutex<Answers>

        init(_ answers: Answers) { self.answers = Mutex(answers) }

        func next(_ queue: WritableKeyPath<Answers, [StoreError?]>) throws(StoreError) {
            let error = answers.withLock { answers in
                answers[keyPath: queue].isEmpty ? nil : answers[keyPath: queue].removeFirst()
            }
            if let error { throw error }
        }

        func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
            try body(Database(Connection(self)))
        }

        func schedule(_ body: @escaping @Sendable (any DatabaseConnection) -> Void) {
            Task.detached { [self] in body(Connection(self)) }
        }

        func migrate(_ migrator: Migrator) async throws(StoreError) {}
        func close() async throws {}
    }

    private final class Connection: DatabaseConnection {
        private let script: Script
        private(set) var isInTransaction = false

        init(_ script: Script) { self.script = script }

        var dialect: Dialect { .postgreSQL }

        func begin() throws(StoreError) {
            try script.next(\.begins)
            isInTransaction = true
        }

        func commit() throws(StoreError) {
            isInTransaction = false
            try script.next(\.commits)
        }

        func rollback() { isInTransaction = false }
        func savepoint() throws(StoreError) {}
        func release() throws(StoreError) {}
        func rollbackToSavepoint() throws(StoreError) {}
        func execute(_ sql: String, _ arguments: [DatabaseValue]) throws(StoreError) -> Int { 0 }
        func rows(_ sql: String, _ arguments: [DatabaseValue]) throws(StoreError) -> [Row] { [] }
        func run(script: String) throws(StoreError) {}
        func migrating(_ body: () throws -> Void) throws { try body() }
        func checkReferences() throws(StoreError) {}
    }

    private static let lost = StoreError(.unavailable, "lost")

    /// Writes once, and says what followed.
    /// - Parameter waits: until something does; else for a moment.
    private func followed(_ answers: Script.Answers, waits: Bool = true) async throws -> [Int] {
        let store = Store(Script(answers), pause: .milliseconds(1))
        let (followed, continuation) = AsyncStream.makeStream(of: Int.self)
        let error = await #expect(throws: StoreError.self) {
            try await store.write { database in database.afterCommit { continuation.yield(1) } }
        }
        #expect(error?.code == .unavailable)
        if waits { return try [#require(await followed.first { _ in true })] }
        async let all = followed.reduce(into: []) { $0.append($1) }
        try await Task.sleep(for: .milliseconds(200))
        continuation.finish()
        return await all
    }

    @Test(.timeLimit(.minutes(1)))
    func `What is to follow it follows once the database is back, though nothing else is written`() async throws {
        let away = StoreError(.refused, "too many connections")
        #expect(
            try await followed(
                .init(begins: [nil, Self.lost, away, nil], commits: [Self.lost, Self.lost])) == [1])
    }

    @Test(.timeLimit(.minutes(1)))
    func `It follows also where the session that was lost held the lock for a while`() async throws {
        let busy = StoreError(.busy, "held by another one")
        #expect(try await followed(.init(begins: [nil, busy, busy], commits: [Self.lost])) == [1])
    }

    @Test func `Nothing follows a transaction that was not sent`() async throws {
        #expect(try await followed(.init(begins: [Self.lost]), waits: false) == [])
    }

    @Test func `The next commit has it follow, before its own`() async throws {
        let store = Store.open(
            asItIs: Script(.init(begins: [nil, Self.lost, Self.lost], commits: [Self.lost])))
        let order = Mutex<[Int]>([])
        for n in 1...20 {
            // Some meet a database that is away.
            try? await store.write { database in database.afterCommit { order.withLock { $0.append(n) } } }
        }
        let followed = order.withLock { $0 }
        #expect(followed.first == 1 && followed.last == 20)
        #expect(followed == followed.sorted() && Set(followed).count == followed.count)
    }
}
