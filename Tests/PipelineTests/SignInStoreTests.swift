import Contracts
import Storage
import TestSupport
import Testing

@testable import Pipeline

/// What is kept of attempts to sign in and of commands that wait for a browser: all processes of the service know it, and
/// one that has started again.
@Suite struct SignInStoreTests {
    private static let start = Timestamp(milliseconds: 1_700_000_000_000)
    private static let ada = [AttemptLimit.Subject.account("ada")]

    private func with(_ body: @escaping @Sendable (PipelineStore) async throws -> Void) async throws {
        try await PlatformFixture.with { try await body($0.store) }
    }

    // MARK: - Attempts

    @Test func `Attempts are taken of all subjects or of none, and a look takes none`() async throws {
        try await with { store in
            let source = [AttemptLimit.Subject.source("192.0.2.7")]
            for _ in 0..<10 {
                try await store.read { try $0.attempts.check(Self.ada + source, now: Self.start) }
                try await store.write { try $0.attempts.take(Self.ada + source, now: Self.start) }
            }
            for isWrite in [false, true] {
                await #expect(throws: AttemptLimit.Refusal(subject: Self.ada[0], seconds: 60)) {
                    if isWrite {
                        try await store.write { try $0.attempts.take(Self.ada + source, now: Self.start) }
                    } else {
                        try await store.read { try $0.attempts.check(Self.ada + source, now: Self.start) }
                    }
                }
            }
            // Of the source ten are gone of thirty.
            for _ in 0..<20 { try await store.write { try $0.attempts.take(source, now: Self.start) } }
            await #expect(throws: AttemptLimit.Refusal.self) {
                try await store.write { try $0.attempts.take(source, now: Self.start) }
            }
        }
    }

    @Test func `What is right costs nothing`() async throws {
        try await with { store in
            for _ in 0..<100 {
                try await store.write { transaction in
                    try transaction.attempts.take(Self.ada, now: Self.start)
                    try transaction.attempts.release(Self.ada)
                }
            }
        }
    }

    @Test func `Many names do not fill the database, nor free the one that was tried most`() async throws {
        try await with { store in
            try await store.write { transaction in
                for _ in 0..<10 { try transaction.attempts.take(Self.ada, now: Self.start) }
                try transaction.database.run(
                    script: """
                        WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 10000)
                        INSERT INTO attempts (subject, fullAt)
                            SELECT 'x' || n, \(Self.start.milliseconds + 1) FROM numbers;
                        """)
                try transaction.attempts.take([.account("bob")], now: Self.start)
            }
            func count() async throws -> Int? {
                try await store.read { try $0.database.value("SELECT COUNT(*) FROM attempts") }
            }
            let found1 = try await count()
            #expect(found1 == AttemptStore.capacity)
            await #expect(throws: AttemptLimit.Refusal.self) {
                try await store.write { try $0.attempts.take(Self.ada, now: Self.start) }
            }
            // Those that have all their attempts again are forgotten.
            try await store.write { try $0.attempts.take([.account("bob")], now: Self.start.adding(.seconds(3600))) }
            let found2 = try await count()
            #expect(found2 == 1)
        }
    }

    /// People type passwords where their name belongs.
    @Test func `Of a name only a hash is kept`() async throws {
        try await with { store in
            try await store.write {
                try $0.attempts.take([.account("correct horse"), .source("192.0.2.7")], now: Self.start)
            }
            let kept: [String] = try await store.read { try $0.database.values("SELECT subject FROM attempts") }
            #expect(kept.count == 2 && kept.allSatisfy { $0.utf8.count == 64 })
        }
    }

    // MARK: - Commands that wait for a browser

    private func pending(_ code: String, from network: String = "n", now: Timestamp? = nil) -> PendingLogin {
        PendingLogin(
            host: "laptop", address: "192.0.2.7", network: network, userCode: code,
            expiresAt: (now ?? Self.start).adding(PendingLogin.life))
    }

    @Test func `A command that waits is decided on once, and is over in the end`() async throws {
        let login = pending("BCDF-GHJK")
        let end = login.expiresAt
        try await with { store in
            func find(_ code: String, now: Timestamp) async throws -> PendingLogin? {
                try await store.read { try $0.logins.find(code, now: now) }
            }
            func find(hash: String, now: Timestamp) async throws -> PendingLogin? {
                try await store.read { try $0.logins.find(hash: hash, now: now) }
            }
            func decide(_ verdict: PendingLogin.Verdict, now: Timestamp) async throws -> Bool {
                try await store.write { try $0.logins.decide("BCDF-GHJK", verdict, now: now) }
            }
            func remove() async throws -> Bool { try await store.write { try $0.logins.remove(hash: "h") } }
            let isAdded = try await store.write { try $0.logins.add(login, "h", now: Self.start) }
            #expect(isAdded)
            let found3 = try await find("BCDF-GHJK", now: Self.start)
            #expect(found3 == login)
            let found4 = try await find(hash: "h", now: Self.start)
            #expect(found4 == login)
            let found5 = try await find("h", now: Self.start)
            #expect(found5 == nil)
            let found6 = try await find(hash: "BCDF-GHJK", now: Self.start)
            #expect(found6 == nil)
            let found7 = try await decide(.refused, now: end)
            #expect(!found7)
            let found8 = try await decide(.allowed(account: "ada"), now: Self.start)
            #expect(found8)
            let found9 = try await decide(.allowed(account: "eve"), now: Self.start)
            #expect(!found9)
            let found10 = try await find("BCDF-GHJK", now: Self.start)
            #expect(found10 == nil)
            let found11 = try await find(hash: "h", now: Self.start)?.verdict
            #expect(found11 == .allowed(account: "ada"))
            let found12 = try await find(hash: "h", now: end)
            #expect(found12 == nil)
            let found13 = try await remove()
            #expect(found13)
            let found14 = try await remove()
            #expect(!found14)
        }
    }

    @Test func `Only so many wait, and who asks often keeps nobody out for long`() async throws {
        try await with { store in
            func add(_ code: String, from network: String = "n", now: Timestamp) async throws -> Bool {
                let login = pending(code, from: network, now: now)
                return try await store.write { try $0.logins.add(login, "h\(code)", now: now) }
            }
            func room(_ network: String, now: Timestamp) async throws -> Timestamp? {
                try await store.read { try $0.logins.room(for: network, now: now) }
            }
            let start = Self.start
            for number in 0..<PendingLogin.capacity.network {
                let isAdded = try await add("c\(number)", now: start)
                #expect(isAdded)
            }
            let free = start.adding(PendingLogin.firstLife)
            var isAdded = try await add("c", now: start)
            var moment = try await room("n", now: start)
            #expect(!isAdded && moment == free)
            isAdded = try await add("d", from: "another", now: start)
            #expect(isAdded)
            isAdded = try await add("d", from: "third", now: start)
            #expect(!isAdded)
            // Of those whose page nobody has opened the oldest gives way, once it has been there for a while.
            try await store.write { try $0.logins.see("c0") }
            moment = try await room("n", now: free)
            isAdded = try await add("c", now: free)
            #expect(isAdded && moment == nil)
            let kept = try await store.read { tables in
                try ["c0", "c1", "c2", "c", "d"].filter { try tables.logins.find($0, now: free) != nil }
            }
            #expect(kept == ["c0", "c2", "c", "d"])
            try await store.write { transaction in
                for number in 0..<PendingLogin.capacity.all {
                    _ = try transaction.logins.add(pending("a\(number)", from: "n\(number)"), "a\(number)", now: start)
                }
            }
            let count: Int? = try await store.read { try $0.database.value("SELECT COUNT(*) FROM logins") }
            #expect(count == PendingLogin.capacity.all)
            // All of them are over in the end.
            isAdded = try await add("e", now: free.adding(PendingLogin.life))
            let left: Int? = try await store.read { try $0.database.value("SELECT COUNT(*) FROM logins") }
            #expect(isAdded && left == 1)
        }
    }

    // MARK: - What is over

    /// The clock is a year ahead for a while, as after a wrong answer of a time server.
    @Test func `A clock that is far ahead for a while has nothing deleted`() async throws {
        try await PlatformFixture.with { fixture in
            let pruner = InboxPruner(
                store: fixture.store, auditLife: .seconds(100 * 86_400), logger: fixture.engine.logger)
            let link = try await fixture.operations.people.makeLink(for: "ada", as: .administrator)
            let session = try await fixture.operations.signIn(token: PlatformFixture.token)
            let now = Timestamp.now
            let ahead = now.adding(.seconds(365 * 86_400))
            func rows(_ table: String) async throws -> Int {
                try await fixture.store.read { try $0.database.value("SELECT COUNT(*) FROM \(table)") ?? 0 }
            }
            let audits = try await rows("audit")
            #expect(audits > 0)
            // Up to some hours of it.
            try await pruner.prune(step: .zero, now: ahead)
            for _ in 0..<5 { try await pruner.prune(step: .seconds(4 * 3600), now: ahead) }
            await #expect(throws: OperationError.self) {
                try await fixture.operations.access.principal(session: session, now: ahead)
            }
            let found22 = try await rows("links")
            #expect(found22 == 1)
            let found23 = try await rows("sessions")
            #expect(found23 == 1)
            let found24 = try await rows("audit")
            #expect(found24 == audits)
            _ = try await fixture.operations.access.principal(session: session)
            _ = try await fixture.operations.signIns.look(at: String(link.url.split(separator: "=").last ?? ""))

            // Time that has really passed has them go.
            try await fixture.store.write { transaction in
                for _ in 0..<366 * 6 { try transaction.clock.advance(by: .seconds(4 * 3600), now: ahead) }
            }
            try await pruner.prune(step: .zero, now: ahead)
            for table in ["links", "sessions", "audit"] {
                let left = try await rows(table)
                #expect(left == 0, "\(table)")
            }
        }
    }

    @Test func `Time goes on by a step at most, never past the clock and never back`() async throws {
        try await with { store in
            func advance(_ seconds: Int64, to now: Int64) async throws -> Int64 {
                let now = Self.start.adding(.seconds(now))
                return try await store.write { transaction in
                    try transaction.clock.advance(by: .seconds(seconds), now: now)
                    return (try transaction.clock.reached(now: now).milliseconds - Self.start.milliseconds) / 1000
                }
            }
            let found25 = try await advance(0, to: 0)
            #expect(found25 == 0)
            let found26 = try await advance(100, to: 1_000)
            #expect(found26 == 100)
            let found27 = try await advance(100, to: 150)
            #expect(found27 == 150)
            // A clock that is far back stops it, and once that is right it goes on from where it was.
            let found28 = try await advance(100, to: -1_000_000)
            #expect(found28 == -1_000_000)
            let found29 = try await advance(100, to: 1_000)
            #expect(found29 == 250)
        }
    }

    @Test func `What a clock far ahead has begun is not good for longer once that is right`() async throws {
        try await PlatformFixture.with { fixture in
            let ahead = Timestamp.now.adding(.seconds(365 * 86_400))
            let policy = SessionPolicy()
            let link = try await fixture.store.write(now: ahead) { transaction in
                try transaction.sessions.add(
                    "s_ahead",
                    Session(
                        id: "1", account: "test", token: nil, createdAt: ahead, usedAt: ahead,
                        expiresAt: ahead.adding(policy.life), client: nil, agent: nil))
                return try fixture.operations.signIns.link(for: nil, by: .administrator, in: transaction)
            }
            let code = String(link.url.split(separator: "=").last ?? "")
            _ = try await fixture.operations.access.principal(session: "s_ahead", now: ahead)
            let found30 = try await fixture.store.read { try $0.people.link(code, now: ahead) }
            #expect(found30 != nil)
            await #expect(throws: OperationError.self) {
                try await fixture.operations.access.principal(session: "s_ahead")
            }
            await #expect(throws: OperationError.self) { try await fixture.operations.signIns.look(at: code) }
        }
    }
}
