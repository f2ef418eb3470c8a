import Contracts
import FoundationEssentials
import GRDB
import Testing

@testable import Storage

@Suite struct StoreTests {
    struct Stop: Error {}

    @Test func `A transaction that throws leaves nothing, those beside it stay`() async throws {
        try await withStore(migrations: [Migration("t", sql: "CREATE TABLE t (n INTEGER UNIQUE)")]) { store, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for n in 0..<200 {
                    group.addTask {
                        do {
                            try await store.write { database in
                                try database.execute(sql: "INSERT INTO t VALUES (?)", arguments: [n])
                                if n % 3 == 0 { throw Stop() }
                            }
                            #expect(n % 3 != 0)
                        } catch is Stop {
                            #expect(n % 3 == 0)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let rows = try await store.read { try Int.fetchAll($0, sql: "SELECT n FROM t ORDER BY n") }
            #expect(rows == (0..<200).filter { $0 % 3 != 0 })
        }
    }

    @Test func `A broken rule names the rule and undoes its own work only`() async throws {
        try await withStore(migrations: [Migration("t", sql: "CREATE TABLE t (n INTEGER UNIQUE)")]) { store, _ in
            try await store.write { try $0.execute(sql: "INSERT INTO t VALUES (1)") }
            let error = await #expect(throws: StoreError.self) {
                try await store.write { database in
                    try database.execute(sql: "INSERT INTO t VALUES (2)")
                    try database.execute(sql: "INSERT INTO t VALUES (1)")
                }
            }
            #expect(error?.code == .constraint)
            #expect(error?.message.contains("t.n") == true)
            let found1 = try await store.read { try Int.fetchAll($0, sql: "SELECT n FROM t") }
            #expect(found1 == [1])
        }
    }

    @Test func `A full disk fails the write that meets it and the next one works`() async throws {
        try await withStore(migrations: [Migration("t", sql: "CREATE TABLE t (b BLOB)")]) { store, _ in
            try await store.write { try $0.execute(sql: "PRAGMA max_page_count = 20") }
            let error = await #expect(throws: StoreError.self) {
                try await store.write { try $0.execute(sql: "INSERT INTO t VALUES (zeroblob(1000000))") }
            }
            #expect(error?.code == .full)
            try await store.write { try $0.execute(sql: "INSERT INTO t VALUES (x'00')") }
            let found2 = try await store.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM t") }
            #expect(found2 == 1)
        }
    }

    @Test func `A file of a newer version is not touched`() async throws {
        try await withStore(migrations: [
            Migration("one", sql: "CREATE TABLE one (n)"), Migration("two", sql: "SELECT 1"),
        ]) {
            store, _ in
            let path = store.path
            let error = #expect(throws: StoreError.self) {
                _ = try Store.open(at: path, migrations: [Migration("one", sql: "CREATE TABLE one (n)")])
            }
            #expect(error?.code == .newerSchema)
        }
    }

    @Test func `A file that is no database is told as such`() async throws {
        try await withStore { _, directory in
            let path = directory + "/other.sqlite"
            try Data(repeating: 65, count: 8192).write(to: URL(filePath: path))
            let error = #expect(throws: StoreError.self) { _ = try Store.open(at: path, migrations: []) }
            #expect(error?.code == .corrupt)
        }
    }

    @Test func `A directory that is not there is told as such`() {
        let error = #expect(throws: StoreError.self) {
            _ = try Store.open(at: "/nonexistent/slipway/service.sqlite", migrations: [])
        }
        #expect(error?.code == .notWritable)
        #expect(error?.message.contains("/nonexistent/slipway/service.sqlite") == true)
    }

    @Test func `Migrations run once, in order, and what they made is there after opening again`() async throws {
        try await withStore(migrations: [Migration("one", sql: "CREATE TABLE one (n)")]) { store, _ in
            try await store.write { try $0.execute(sql: "INSERT INTO one VALUES (1)") }
            let again = try Store.open(
                at: store.path,
                migrations: [
                    Migration("one", sql: "CREATE TABLE one (n)"),
                    Migration("two", sql: "ALTER TABLE one ADD COLUMN m DEFAULT 2"),
                ])
            let found3 = try await again.read { try Int.fetchOne($0, sql: "SELECT n + m FROM one") }
            #expect(found3 == 3)
            try again.close()
        }
    }
}
