import Contracts
import FoundationEssentials
import Glibc
import SystemPackage
import TestSupport
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
                                try database.execute("INSERT INTO t VALUES (?)", [n])
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
            let rows: [Int] = try await store.read { try $0.values("SELECT n FROM t ORDER BY n") }
            #expect(rows == (0..<200).filter { $0 % 3 != 0 })
        }
    }

    @Test func `Nobody else reads a file of SQLite's, also one that a version before made`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending("service.sqlite").string
            let migration = Migration("t", sql: "CREATE TABLE t (n INTEGER)")
            for isNew in [true, false] {
                let store = try Store.open(at: path, migrations: [migration])
                try await store.write { try $0.execute("INSERT INTO t VALUES (1)") }
                for name in ["", "-wal", "-shm"] {
                    let mode = try FileManager.default.attributesOfItem(atPath: path + name)[.posixPermissions]
                    #expect(mode as? Int == 0o600, "\(name) \(isNew)")
                }
                try await store.close()
                try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
            }
        }
    }

    @Test func `A broken rule names the rule and undoes its own work only`() async throws {
        try await withStore(migrations: [Migration("t", sql: "CREATE TABLE t (n INTEGER UNIQUE)")]) { store, _ in
            try await store.write { try $0.execute("INSERT INTO t VALUES (1)") }
            let error = await #expect(throws: StoreError.self) {
                try await store.write { database in
                    try database.execute("INSERT INTO t VALUES (2)")
                    try database.execute("INSERT INTO t VALUES (1)")
                }
            }
            #expect(error?.code == .unique)
            #expect(error?.message.contains(TestDatabase.isPostgreSQL ? "t_n_key" : "t.n") == true)
            let found1: [Int] = try await store.read { try $0.values("SELECT n FROM t") }
            #expect(found1 == [1])
        }
    }

    @Test func `A broken rule ends the transaction, even where its error is caught`() async throws {
        try await withStore(migrations: [Migration("t", sql: "CREATE TABLE t (n INTEGER UNIQUE)")]) { store, _ in
            let error = await #expect(throws: StoreError.self) {
                try await store.write { database in
                    try database.execute("INSERT INTO t VALUES (1)")
                    do { try database.execute("INSERT INTO t VALUES (1)") } catch {}
                }
            }
            #expect(error?.code == .unique)
            let found: Int? = try await store.read { try $0.value("SELECT COUNT(*) FROM t") }
            #expect(found == 0)
        }
    }

    @Test func `Broken rules are told apart`() async throws {
        let schema = Migration(
            "t",
            sql: """
                CREATE TABLE t (n INTEGER NOT NULL PRIMARY KEY, m INTEGER NOT NULL UNIQUE);
                CREATE TABLE u (n INTEGER NOT NULL REFERENCES t (n));
                INSERT INTO t VALUES (1, 1);
                INSERT INTO u VALUES (1);
                """)
        let rules: [(String, StoreError.Code)] = [
            ("INSERT INTO t VALUES (1, 2)", .unique), ("INSERT INTO t VALUES (2, 1)", .unique),
            ("INSERT INTO t VALUES (2, NULL)", .constraint), ("INSERT INTO u VALUES (2)", .foreignKey),
            ("DELETE FROM t", .foreignKey),
        ]
        try await withStore(migrations: [schema]) { store, _ in
            for (sql, code) in rules {
                let error = await #expect(throws: StoreError.self) { try await store.write { try $0.execute(sql) } }
                #expect(error?.code == code, "\(sql)")
            }
        }
    }

    @Test func `What is to follow a commit follows it, and nothing follows a failure`() async throws {
        try await withStore { store, _ in
            let (followed, continuation) = AsyncStream.makeStream(of: Int.self)
            await withTaskGroup(of: Void.self) { group in
                for n in 0..<50 {
                    group.addTask {
                        do {
                            try await store.write { database in
                                database.afterCommit { continuation.yield(n) }
                                if n % 2 == 0 { throw Stop() }
                            }
                        } catch {}
                    }
                }
            }
            // All that returned has been followed.
            continuation.finish()
            let all = await followed.reduce(into: []) { $0.append($1) }
            #expect(all.sorted() == (0..<50).filter { $0 % 2 == 1 })
        }
    }

    @Test func `A column that holds something else, and one that is not there, are errors that name it`() async throws {
        try await withStore(migrations: [Migration("t", sql: "CREATE TABLE t (n INTEGER, s TEXT, b BLOB)")]) {
            store, _ in
            try await store.write {
                try $0.execute("INSERT INTO t VALUES (?2, ?1, ?3)", ["a", 7, [1, 2] as [UInt8]])
            }
            try await store.read { database in
                let row = try #require(try database.row("SELECT n, s, b, NULL AS e FROM t"))
                #expect(try row["n"] == 7)
                #expect(try row["s"] == "a")
                #expect(try row["b"] as [UInt8] == [1, 2])
                #expect(try row["e"] as Int? == nil)
                for name in ["s", "e", "other"] {
                    let error = #expect(throws: StoreError.self) { try row[name] as Int }
                    #expect(error?.code == .corrupt)
                    #expect(error?.message.contains(" \(name)") == true)
                }
            }
        }
    }

    @Test(.enabled(if: !TestDatabase.isPostgreSQL))
    func `A full disk fails the write that meets it and the next one works`() async throws {
        try await withStore(migrations: [Migration("t", sql: "CREATE TABLE t (b BLOB)")]) { store, _ in
            try await store.write { try $0.execute("PRAGMA max_page_count = 20") }
            let error = await #expect(throws: StoreError.self) {
                try await store.write { try $0.execute("INSERT INTO t VALUES (zeroblob(1000000))") }
            }
            #expect(error?.code == .full)
            try await store.write { try $0.execute("INSERT INTO t VALUES (x'00')") }
            let found2: Int? = try await store.read { try $0.value("SELECT COUNT(*) FROM t") }
            #expect(found2 == 1)
        }
    }

    @Test func `A schema of a newer version is not touched, and the step it has taken is named`() async throws {
        let one = Migration("one", sql: "CREATE TABLE one (n INTEGER)")
        let two = Migration("two", isNeeded: true, sql: "CREATE TABLE two (n INTEGER)")
        try await withStore(migrations: [one, two]) { store, database in
            try await store.close()
            let error = await #expect(throws: StoreError.self) { _ = try await database.open([one]) }
            #expect(error?.code == .newerSchema)
            for words in ["needs Slipway \(Version.current) or later", "“two”", "up to “one”"] {
                #expect(error?.message.contains(words) == true, "\(words)")
            }
        }
    }

    @Test func `A schema of a newer version that only adds is used, and taken on by that version again`() async throws {
        let one = Migration("one", sql: "CREATE TABLE one (n INTEGER)")
        let two = Migration("two", sql: "ALTER TABLE one ADD COLUMN m INTEGER NOT NULL DEFAULT 2")
        let three = Migration("three", sql: "CREATE TABLE three (n INTEGER)")
        try await withStore(migrations: [one, two]) { store, database in
            try await store.close()
            let before = try await database.open([one])
            try await before.write { try $0.execute("INSERT INTO one (n) VALUES (1)") }
            try await before.close()
            let again = try await database.open([one, two, three])
            let found: Int? = try await again.read { try $0.value("SELECT n + m FROM one") }
            #expect(found == 3)
            try await again.close()
        }
    }

    /// It says of no step whether it is needed.
    @Test func `A schema that a version of before has noted needs all its steps`() async throws {
        let one = Migration("one", sql: "CREATE TABLE one (n INTEGER)")
        try await withStore(migrations: [one]) { store, database in
            try await store.write { database in
                let table = database.dialect.migrationTable
                try database.run(
                    script: """
                        DROP TABLE \(table); CREATE TABLE \(table) (identifier TEXT NOT NULL PRIMARY KEY);
                        INSERT INTO \(table) (identifier) VALUES ('one'), ('two');
                        """)
            }
            try await store.close()
            let error = await #expect(throws: StoreError.self) { _ = try await database.open([one]) }
            #expect(error?.code == .newerSchema)
            #expect(error?.message.contains("needs a newer version or later, which has applied the step “two”") == true)
            let both = try await database.open([
                one, Migration("two", sql: ""), Migration("three", sql: "CREATE TABLE three (n INTEGER)"),
            ])
            try await both.close()
        }
    }

    @Test(
        .enabled(if: !TestDatabase.isPostgreSQL && geteuid() == 0, "root alone mounts a small disk"))
    func `Without room for the copy the schema stays as it is, and what is missing is said`() async throws {
        try await withTemporaryDirectory { directory in
            let disk = directory.appending("small").string
            try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
            try await runTool("mount", ["-t", "tmpfs", "-o", "size=32m", "tmpfs", disk])
            do {
                let path = "\(disk)/service.sqlite"
                let one = Migration("one", sql: "CREATE TABLE one (b BLOB)")
                let two = Migration("two", sql: "ALTER TABLE one ADD COLUMN m INTEGER")
                let store = try Store.open(at: path, migrations: [one])
                try await store.write { try $0.execute("INSERT INTO one (b) VALUES (zeroblob(12000000))") }
                try await store.close()
                let error = #expect(throws: StoreError.self) { _ = try Store.open(at: path, migrations: [one, two]) }
                #expect(error?.code == .full)
                for words in ["no room beside \(path)", "MiB are free", "make room", "Nothing was changed"] {
                    #expect(error?.message.contains(words) == true, "\(words): \(error?.message ?? "")")
                }
                #expect(!FileManager.default.fileExists(atPath: path + ".backup"))
                let still = try Store.open(at: path, migrations: [one])
                let rows: Int? = try await still.read { try $0.value("SELECT COUNT(*) FROM one") }
                #expect(rows == 1)
                try await still.close()
            } catch {
                try await runTool("umount", [disk])
                throw error
            }
            try await runTool("umount", [disk])
        }
    }

    @Test(.enabled(if: !TestDatabase.isPostgreSQL))
    func `Two copies stay, of the last change and of the one before`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending("service.sqlite").string
            let steps = (1...5).map { Migration("\($0)", sql: "CREATE TABLE t\($0) (n INTEGER)") }
            for count in 1...5 {
                try await Store.open(at: path, migrations: Array(steps.prefix(count))).close()
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: directory.string).sorted()
            #expect(names.filter { $0.contains("backup") } == ["service.sqlite.backup", "service.sqlite.backup-2"])
            for (suffix, count) in [("", 4), ("-2", 3)] {
                let copy = try Store.open(asItIs: path + ".backup" + suffix)
                let tables = try await copy.tables().count
                #expect(tables == count)
                try await copy.close()
            }
        }
    }

    @Test(.enabled(if: !TestDatabase.isPostgreSQL))
    func `A file that is no database is told as such`() async throws {
        try await withTemporaryDirectory { directory in
            let path = "\(directory)/other.sqlite"
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
        let one = Migration("one", sql: "CREATE TABLE one (n INTEGER)")
        try await withStore(migrations: [one]) { store, database in
            try await store.write { try $0.execute("INSERT INTO one VALUES (1)") }
            try await store.close()
            let again = try await database.open([
                one, Migration("two", sql: "ALTER TABLE one ADD COLUMN m INTEGER NOT NULL DEFAULT 2"),
            ])
            let found: Int? = try await again.read { try $0.value("SELECT n + m FROM one") }
            #expect(found == 3)
            try await again.close()
        }
    }

    @Test func `Steps that cannot be taken leave the schema as it was, all of them`() async throws {
        let one = Migration("one", sql: "CREATE TABLE one (n INTEGER)")
        let two = Migration("two", sql: "ALTER TABLE one ADD COLUMN m INTEGER")
        let broken = Migration("broken", sql: "CREATE TABLE three (n INTEGER); INSERT INTO nowhere VALUES (1);")
        try await withStore(migrations: [one]) { store, database in
            try await store.write { try $0.execute("INSERT INTO one VALUES (1)") }
            try await store.close()
            let error = await #expect(throws: StoreError.self) { _ = try await database.open([one, two, broken]) }
            #expect(error?.message.contains("nowhere") == true)
            let again = try await database.open([one])
            let rows = try await again.read { try $0.row("SELECT * FROM one")?.values }
            #expect(rows == [.integer(1)])
            try await again.close()
        }
    }

    @Test(.enabled(if: !TestDatabase.isPostgreSQL))
    func `Before its schema changes a file is copied, and the copy is as it was`() async throws {
        let one = Migration("one", sql: "CREATE TABLE one (n INTEGER); INSERT INTO one VALUES (1);")
        try await withStore(migrations: [one]) { store, database in
            let copy = database.address + ".backup"
            #expect(!FileManager.default.fileExists(atPath: copy))
            try await store.close()
            for step in ["two", "three"] {
                let store = try await database.open(
                    [
                        one, Migration("two", sql: "UPDATE one SET n = n + 1"),
                        Migration("three", sql: "UPDATE one SET n = n + 1"),
                    ].prefix { $0.name != (step == "two" ? "three" : "") })
                try await store.close()
                let before = try Store.open(
                    at: copy, migrations: step == "two" ? [one] : [one, Migration("two", sql: "")])
                let found: Int? = try await before.read { try $0.value("SELECT n FROM one") }
                #expect(found == (step == "two" ? 1 : 2))
                try await before.close()
            }
        }
    }

    @Test(.enabled(if: !TestDatabase.isPostgreSQL))
    func `A table may be rebuilt that others refer to, and a reference to nothing is not let through`() async throws {
        let one = Migration(
            "one",
            sql: """
                CREATE TABLE parent (n INTEGER NOT NULL PRIMARY KEY);
                CREATE TABLE child (n INTEGER NOT NULL REFERENCES parent (n) ON DELETE CASCADE);
                INSERT INTO parent VALUES (1), (2); INSERT INTO child VALUES (1), (2);
                """)
        func rebuilt(_ condition: String) -> Migration {
            Migration(
                "rebuilt",
                sql: """
                    CREATE TABLE new (n INTEGER NOT NULL PRIMARY KEY, m TEXT);
                    INSERT INTO new SELECT n, NULL FROM parent WHERE \(condition);
                    DROP TABLE parent; ALTER TABLE new RENAME TO parent;
                    """)
        }
        try await withStore(migrations: [one]) { store, database in
            try await store.close()
            let error = await #expect(throws: StoreError.self) { _ = try await database.open([one, rebuilt("n = 1")]) }
            #expect(error?.code == .foreignKey)
            #expect(error?.message.contains("child") == true)
            let again = try await database.open([one, rebuilt("TRUE")])
            let found: Int? = try await again.read { try $0.value("SELECT COUNT(*) FROM child") }
            #expect(found == 2)
            await #expect(throws: StoreError.self) {
                try await again.write { try $0.execute("INSERT INTO child VALUES (9)") }
            }
            try await again.close()
        }
    }

    @Test func `Texts keep every character that both databases can, and compare by their bytes`() async throws {
        try await withStore(migrations: [Migration("t", sql: "CREATE TABLE t (s TEXT NOT NULL PRIMARY KEY)")]) {
            store, _ in
            let texts = ["", "B", "a", "b", "Ä", "“\u{1F600}”", "a\\b'c\"d?$1", "\n", "a\u{FFFD}b"]
            try await store.write { database in
                for text in texts {
                    try database.execute("INSERT INTO t VALUES (?)", [text.replacing("\u{FFFD}", with: "\0")])
                }
            }
            let found: [String] = try await store.read { try $0.values("SELECT s FROM t ORDER BY s") }
            #expect(found == texts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        }
    }

    @Test func `Readers see what is committed when they begin, and many read at once`() async throws {
        try await withStore(migrations: [Migration("t", sql: "CREATE TABLE t (n INTEGER NOT NULL)")]) { store, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        // Each write adds two rows: no snapshot has an odd number of them.
                        try await store.write { database in
                            for n in 0..<2 { try database.execute("INSERT INTO t VALUES (?)", [n]) }
                        }
                    }
                    group.addTask {
                        try await store.read { database in
                            let counts = try (0..<3).map { _ -> Int? in try database.value("SELECT COUNT(*) FROM t") }
                            #expect(Set(counts).count == 1)
                            #expect((counts[0] ?? 1) % 2 == 0)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
