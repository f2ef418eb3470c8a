import FoundationEssentials
import Glibc
import Storage
import TestSupport
import Testing

/// What PostgreSQL does that a file does not: it goes away and comes back, and several may want it.
@Suite struct PostgreSQLStoreTests {
    private static let schema = [Migration("t", sql: "CREATE TABLE t (n INTEGER NOT NULL PRIMARY KEY, s TEXT)")]

    private func withStore(_ body: (Store, TestDatabase) async throws -> Void) async throws {
        let database = try await TestDatabase.makeSchema()
        let store = try await database.openSchema(Self.schema)
        do {
            try await body(store, database)
            try await store.close()
        } catch {
            try await store.close()
            try await database.removeSchema()
            throw error
        }
        try await database.removeSchema()
    }

    @Test func `A second service on the same database is refused, and told who has it`() async throws {
        try await withStore { _, database in
            let error = await #expect(throws: StoreError.self) {
                _ = try await database.openSchema(Self.schema, patience: .seconds(1))
            }
            #expect(error?.code == .busy)
            #expect(error?.message.contains("“slipway pipeline” from 127.0.0.1 since") == true)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `A database is waited for while its last owner ends`() async throws {
        try await withStore { store, database in
            async let next = database.openSchema(Self.schema, patience: .seconds(30))
            try await Task.sleep(for: .seconds(1))
            try await store.close()
            try await next.write { try $0.execute("INSERT INTO t (n) VALUES (1)") }
            try await next.close()
        }
    }

    @Test func `Who lost the database to another one writes nothing any more`() async throws {
        try await withStore { store, database in
            try await store.write { try $0.execute("INSERT INTO t (n) VALUES (1)") }
            try await store.close()
            let other = try await database.openSchema(Self.schema)
            let error = await #expect(throws: StoreError.self) {
                try await store.write { try $0.execute("INSERT INTO t (n) VALUES (2)") }
            }
            #expect(error?.code == .busy)
            let found: [Int] = try await other.read { try $0.values("SELECT n FROM t") }
            #expect(found == [1])
            try await other.close()
        }
    }

    @Test(arguments: [
        ("postgres://slipway:swordfish@127.0.0.1:1/slipway", "127.0.0.1:1"),
        ("postgres://slipway:swordfish@127.0.0.1:1/slipway?nonsense=1", "%-codes"),
        ("postgres://slipway:swordfish@[::1/slipway", "%-codes"),
        // Read as they stand, part of the password would be a host, a port or a database.
        ("postgres://slipway:a@swordfish@127.0.0.1:1/slipway", "%40"),
        ("postgres://slipway:a/swordfish@127.0.0.1:1/slipway", "%2F"),
        ("postgres://slipway:swordfish/a@127.0.0.1:1/slipway", "%2F"),
    ])
    func `A server that is not there and an address that is none are told without the password`(
        url: String, words: String
    ) async throws {
        let error = await #expect(throws: StoreError.self) {
            _ = try await TestDatabase.at(url).openSchema([], patience: .zero)
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
        #expect(error?.message.contains("swordfish") == false)
    }

    @Test(.timeLimit(.minutes(1))) func `A wrong password and a database that is not there are told at once`()
        async throws
    {
        let url = try TestEnvironment.required("SLIPWAY_TEST_POSTGRESQL")
        let wrong = url.replacing(/:[^:@]*@/, with: ":swordfish@")
        for (url, words) in [(wrong, "password"), (url + "_none", "does not exist")] {
            let begin = ContinuousClock.now
            let error = await #expect(throws: StoreError.self) {
                _ = try await TestDatabase.at(url).openSchema([])
            }
            #expect(error?.code == .refused)
            #expect(error?.message.contains(words) == true, "\(String(describing: error))")
            #expect(error?.message.contains("swordfish") == false)
            #expect(begin.duration(to: .now) < .seconds(4))
        }
    }

    @Test func `It may be looked at while a service has it`() async throws {
        try await withStore { store, database in
            try await store.write { try $0.execute("INSERT INTO t (n) VALUES (1)") }
            let other = try await database.lookAtSchema()
            #expect(try await other.pending(Self.schema) == [])
            #expect(try await other.tables().map(\.rows) == [1])
            try await other.close()
        }
    }

    @Test func `A table that somebody else has locked is waited for, and not for ever`() async throws {
        try await withStore { store, database in
            let other = try await database.lookAtSchema()
            let (locked, continuation) = AsyncStream.makeStream(of: Void.self)
            async let lock: Void = other.write { database in
                try database.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
                continuation.finish()
                try database.execute("SELECT pg_sleep(8)")
            }
            for await _ in locked {}
            let error = await #expect(throws: StoreError.self) {
                try await store.write { try $0.execute("INSERT INTO t (n) VALUES (1)") }
            }
            #expect(error?.code == .busy, "\(String(describing: error))")
            try await lock
            try await store.write { try $0.execute("INSERT INTO t (n) VALUES (1)") }
            try await other.close()
        }
    }

    @Test func `Commits are durable and of one isolation, whatever the server does for others`() async throws {
        try await withStore { store, database in
            try await store.close()
            let server = TestDatabase.at(
                database.address + "%20-csynchronous_commit%3Doff%20-cdefault_transaction_isolation%3Dserializable")
            let store = try await server.openSchema(Self.schema)
            let found: [String?] = try await store.write { database in
                try ["synchronous_commit", "transaction_isolation"].map {
                    try database.value("SELECT current_setting(?)", [$0])
                }
            }
            #expect(found == ["on", "read committed"])
            try await store.close()
        }
    }

    @Test func `A database that cannot hold every text, and one without a schema to use, are told with the remedy`()
        async throws
    {
        try await PrivatePostgreSQL.with { server in
            let statement = "CREATE DATABASE latin ENCODING latin1 TEMPLATE template0 LOCALE 'C'"
            try await runTool("psql", ["-q", server.url, "-c", statement])
            let latin = await #expect(throws: StoreError.self) {
                _ = try await TestDatabase.at(server.url.dropLast("slipway".count) + "latin").openSchema(Self.schema)
            }
            #expect(latin?.code == .refused)
            #expect(latin?.message.contains("LATIN1") == true, "\(String(describing: latin))")
            let bare = await #expect(throws: StoreError.self) {
                _ = try await TestDatabase.at(server.url + "?options=-csearch_path%3Dnope").openSchema(Self.schema)
            }
            #expect(bare?.message.contains("CREATE SCHEMA") == true, "\(String(describing: bare))")
        }
    }

    /// Else the last of many requests would hear of it after all others have waited.
    @Test(.timeLimit(.minutes(2))) func `A server that stays away is waited for once, not by everybody`() async throws {
        try await PrivatePostgreSQL.with { server in
            let store = try await TestDatabase.makeSchema(on: server.url).openSchema(Self.schema)
            try await server.kill()
            let begin = ContinuousClock.now
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<60 {
                    group.addTask {
                        await #expect(throws: StoreError.self) { _ = try await store.tables() }
                    }
                    group.addTask {
                        await #expect(throws: StoreError.self) {
                            try await store.write { try $0.execute("INSERT INTO t (n) VALUES (1)") }
                        }
                    }
                }
            }
            #expect(begin.duration(to: .now) < .seconds(15))
            try await server.start()
            try await eventually(within: .seconds(20), "it is read again") {
                do {
                    return try await store.tables().count == 1
                } catch let error as StoreError where error.code == .unavailable {
                    // Who asks while it is still starting hears so at once.
                    return false
                }
            }
            try await store.close()
        }
    }

    /// Its kernel goes on to acknowledge, so that no timeout of TCP tells.
    @Test(.timeLimit(.minutes(3)))
    func `A server that is frozen fails what waits for it, and is used again once it thaws`()
        async throws
    {
        try await PrivatePostgreSQL.with { server in
            let store = try await TestDatabase.makeSchema(on: server.url).openSchema(Self.schema)
            try await store.write { try $0.execute("INSERT INTO t (n) VALUES (1)") }
            // A slow statement is no frozen server.
            try await store.write { try $0.execute("SELECT pg_sleep(7)") }
            try await server.freeze()
            let begin = ContinuousClock.now
            await withTaskGroup(of: Void.self) { group in
                for n in 0..<40 {
                    group.addTask {
                        let error = await #expect(throws: StoreError.self) { _ = try await store.tables() }
                        #expect(error?.code == .unavailable, "\(String(describing: error))")
                    }
                    group.addTask {
                        let error = await #expect(throws: StoreError.self) {
                            // More than the buffers of a socket hold.
                            try await store.write {
                                try $0.execute(
                                    "INSERT INTO t (n, s) VALUES (?, ?)",
                                    [n + 10, String(repeating: "x", count: 1 << 20)])
                            }
                        }
                        #expect(error?.code == .unavailable, "\(String(describing: error))")
                    }
                }
            }
            #expect(begin.duration(to: .now) < .seconds(60))
            try await server.thaw()
            try await eventually(within: .seconds(30), "it is written again") {
                do {
                    try await store.write { try $0.execute("INSERT INTO t (n) VALUES (2)") }
                    return true
                } catch let error as StoreError where error.code == .unavailable || error.code == .busy {
                    return false
                }
            }
            try await store.close()
        }
    }

    @Test(.timeLimit(.minutes(2))) func `A refusal after an outage is told as one`() async throws {
        try await PrivatePostgreSQL.with { server in
            try await runTool(
                "psql", ["-q", server.url, "-c", "CREATE ROLE other SUPERUSER LOGIN PASSWORD 'swordfish'"])
            let store = try await TestDatabase.makeSchema(on: server.url).openSchema(Self.schema)
            func insert() async throws { try await store.write { try $0.execute("INSERT INTO t (n) VALUES (1)") } }
            try await server.kill()
            // Longer than it is waited for.
            let away = await #expect(throws: StoreError.self) { try await insert() }
            #expect(away?.code == .unavailable)
            try await server.start()
            let other = server.url.replacing("//slipway:", with: "//other:")
            try await runTool("psql", ["-q", other, "-c", "ALTER ROLE slipway NOLOGIN"])
            try await Task.sleep(for: .seconds(1))
            let refused = await #expect(throws: StoreError.self) { try await insert() }
            #expect(refused?.code == .refused, "\(String(describing: refused))")
            try await runTool("psql", ["-q", other, "-c", "ALTER ROLE slipway LOGIN"])
            try await eventually(within: .seconds(20), "it is written again") {
                do {
                    try await insert()
                    return true
                } catch is StoreError {
                    return false
                }
            }
            try await store.close()
        }
    }

    /// Of the role or the database: what others may not do for long.
    @Test func `Limits of a role do not end the service's sessions or statements`() async throws {
        try await PrivatePostgreSQL.with { server in
            for limit in [
                "statement_timeout = 500", "idle_session_timeout = 500", "idle_in_transaction_session_timeout = 500",
                "default_transaction_read_only = on",
            ] {
                try await runTool(
                    "psql",
                    [
                        "-q", server.url, "-c", "SET default_transaction_read_only = off", "-c",
                        "ALTER ROLE slipway SET \(limit)",
                    ])
            }
            let store = try await TestDatabase.at(server.url).openSchema(Self.schema)
            try await store.write { try $0.execute("SELECT pg_sleep(1)") }
            try await Task.sleep(for: .seconds(1))
            let found: [String?] = try await store.write { database in
                try database.execute("INSERT INTO t (n) VALUES (1)")
                usleep(1_000_000)
                return try [
                    "statement_timeout", "idle_session_timeout", "idle_in_transaction_session_timeout",
                ].map { try database.value("SELECT current_setting(?)", [$0]) }
            }
            #expect(found == ["0", "0", "0"])
            try await store.close()
        }
    }

    @Test func `A server that has no room for one session more says so`() async throws {
        try await withStore { store, database in
            let role = "few_" + String(UInt32.random(in: 0 ... .max), radix: 36)
            try await store.write {
                try $0.run(script: "CREATE ROLE \(role) LOGIN PASSWORD 'swordfish' CONNECTION LIMIT 0")
            }
            let address = database.address.replacing(/\/\/[^@]*@/, with: "//\(role):swordfish@")
            let error = await #expect(throws: StoreError.self) {
                _ = try await TestDatabase.at(address).openSchema(Self.schema)
            }
            try await store.write { try $0.run(script: "DROP ROLE \(role)") }
            #expect(error?.code == .refused)
            #expect(error?.message.contains("too many connections") == true, "\(String(describing: error))")
        }
    }

    /// Each row is inserted by one transaction, some of them grouped: whatever was said to be done is there, whatever
    /// failed can be done again, and nothing is there that was neither.
    @Test(.timeLimit(.minutes(3))) func `A server that is killed again and again loses nothing and doubles nothing`()
        async throws
    {
        try await PrivatePostgreSQL.with { server in
            let database = try await TestDatabase.makeSchema(on: server.url)
            let store = try await database.openSchema(Self.schema)
            let killer = Task {
                for _ in 0..<3 {
                    try await Task.sleep(for: .milliseconds(700))
                    try await server.kill()
                    try await Task.sleep(for: .milliseconds(300))
                    try await server.start()
                }
                return true
            }
            let failures = try await withThrowingTaskGroup(of: Int.self) { group in
                for writer in 0..<8 {
                    group.addTask {
                        var failures = 0
                        for n in 0..<400 {
                            let id = writer * 1_000 + n
                            while true {
                                do {
                                    // As a handler does it: what is noted already is done already.
                                    try await store.write { database in
                                        let isNew =
                                            try database.execute(
                                                "INSERT INTO t (n) VALUES (?) ON CONFLICT DO NOTHING", [id]) > 0
                                        // Most kills meet one in the middle.
                                        try database.execute("SELECT pg_sleep(0.002)")
                                        if isNew { try database.execute("UPDATE t SET s = 'done' WHERE n = ?", [id]) }
                                    }
                                    break
                                } catch let error as StoreError where error.code == .unavailable {
                                    failures += 1
                                    try await Task.sleep(for: .milliseconds(20))
                                }
                            }
                        }
                        return failures
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(try await killer.value)
            let rows: [Int] = try await store.read { try $0.values("SELECT n FROM t WHERE s = 'done' ORDER BY n") }
            var expected: [Int] = []
            for writer in 0..<8 { expected += (0..<400).map { writer * 1_000 + $0 } }
            #expect(rows == expected)
            #expect(failures > 0, "the server was never away")
            try await store.close()
        }
    }
}
