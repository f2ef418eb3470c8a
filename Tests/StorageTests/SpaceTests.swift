import FoundationEssentials
import SystemPackage
import TestSupport
import Testing

@testable import Storage

/// Files of SQLite's give back what they do not need.
@Suite struct SpaceTests {
    private static let migration = Migration("t", sql: "CREATE TABLE t (n INTEGER, text TEXT)")

    private func fill(_ store: Store) async throws {
        try await store.write { database in
            for n in 0..<1_000 {
                try database.execute("INSERT INTO t VALUES (?, ?)", [n, String(repeating: "x", count: 4_000)])
            }
        }
        try await store.write { try $0.execute("DELETE FROM t") }
    }

    private func shrink(_ store: Store, keeping: Int) async throws -> Int {
        var sum = 0
        while true {
            let count = try await store.shrink(keeping: keeping)
            if count == 0 { return sum }
            #expect(count <= 64)
            sum += count
        }
    }

    @Test func `A new file shrinks in small pieces while it is used`() async throws {
        try await withTemporaryDirectory { directory in
            let store = try Store.open(at: directory.appending("service.sqlite").string, migrations: [Self.migration])
            try await fill(store)
            let full = try #require(try await store.space())
            #expect(full.isIncremental && full.free > 900)
            #expect(try await shrink(store, keeping: 100) == full.free - 100)
            let less = try #require(try await store.space())
            #expect(less.free == 100 && less.pages < full.pages - 800)
            #expect(try await store.faults() == [])
            try await store.close()
        }
    }

    @Test func `A file of before goes on as it was, and shrinks once it was made anew`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending("service.sqlite").string
            var store = try Store.open(at: path, migrations: [Self.migration])
            try await withCheckedThrowingContinuation { continuation in
                store.engine.schedule { connection in
                    continuation.resume(
                        with: Result { try connection.run(script: "PRAGMA auto_vacuum = NONE; VACUUM") })
                }
            }
            try await store.close()
            store = try Store.open(at: path, migrations: [Self.migration])
            try await fill(store)
            let full = try #require(try await store.space())
            #expect(!full.isIncremental && full.free > 900)
            #expect(try await store.shrink(keeping: 0) == 0)
            try await store.compact()
            let less = try #require(try await store.space())
            #expect(less.isIncremental && less.free == 0 && less.pages < full.pages - 900)
            try await fill(store)
            #expect(try await shrink(store, keeping: 0) > 900)
            #expect(try await store.faults() == [])
            try await store.close()
        }
    }
}
