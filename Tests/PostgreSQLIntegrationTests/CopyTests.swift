import Storage
import SystemPackage
import TestSupport
import Testing

/// An installation that moves from a file to PostgreSQL.
@Suite struct CopyTests {
    private static let schema = [
        Migration(
            "first",
            sql: """
                CREATE TABLE parent (name TEXT NOT NULL PRIMARY KEY, body BLOB) WITHOUT ROWID;
                CREATE TABLE child (
                    serial INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
                    parent TEXT NOT NULL REFERENCES parent (name), note TEXT, count INTEGER
                );
                CREATE TABLE pair (a TEXT NOT NULL, b INTEGER NOT NULL, PRIMARY KEY (a, b)) WITHOUT ROWID;
                """)
    ]

    private func withStores(_ body: (_ source: Store, _ target: Store, TestDatabase) async throws -> Void) async throws
    {
        try await withTemporaryDirectory { directory in
            let source = try Store.open(at: directory.appending("source.sqlite").string, migrations: Self.schema)
            let database = try await TestDatabase.makeSchema()
            let target = try await database.openSchema(Self.schema)
            do {
                try await body(source, target, database)
            } catch {
                try await target.close()
                try await database.removeSchema()
                throw error
            }
            try await target.close()
            try await database.removeSchema()
            try await source.close()
        }
    }

    private func fill(_ source: Store) async throws {
        try await source.write { database in
            let bodies: [[UInt8]?] = [[], [0, 255, 1], nil]
            for (name, body) in zip(["", "Ä\0z", "b"], bodies) {
                try database.execute("INSERT INTO parent VALUES (?, ?)", [name, body])
            }
            for n in 0..<4_321 {
                try database.execute(
                    "INSERT INTO child (parent, note, count) VALUES (?, ?, ?)",
                    ["b", n % 3 == 0 ? nil : "note \(n)", n % 5 == 0 ? nil : Int64.max - Int64(n)])
                try database.execute("INSERT INTO pair VALUES (?, ?)", ["\(n % 7)", n])
            }
            // The newest number was given, and is not there any more.
            try database.execute("DELETE FROM child WHERE serial > 4300")
        }
    }

    @Test func `All rows are in the copy, and numbers go on where they were`() async throws {
        try await withStores { source, target, _ in
            try await fill(source)
            let copied = try await source.copy(to: target)
            #expect(copied.map(\.table.name) == ["parent", "child", "pair"])
            #expect(copied.map(\.table.rows) == [3, 4_300, 4_321])
            let child = try await target.read { try $0.row("SELECT * FROM child WHERE serial = 4299")?.values }
            #expect(child == [.integer(4_299), .text("b"), .text("note 4298"), .integer(.max - 4_298)])
            let parents = try await target.read { try $0.rows("SELECT * FROM parent ORDER BY name").map(\.values) }
            #expect(parents.map(\.[0]) == [.text(""), .text("b"), .text("Ä\u{FFFD}z")])
            let next: Int? = try await target.write {
                try $0.value("INSERT INTO child (parent) VALUES ('b') RETURNING serial")
            }
            #expect(next == 4_322)
        }
    }

    @Test func `A target that holds something is refused and stays as it is`() async throws {
        try await withStores { source, target, _ in
            try await fill(source)
            try await target.write { try $0.execute("INSERT INTO pair VALUES ('mine', 1)") }
            let error = await #expect(throws: StoreError.self) { _ = try await source.copy(to: target) }
            #expect(error?.code == .notEmpty)
            #expect(error?.message.contains("1 rows in pair") == true)
            #expect(try await target.tables().map(\.rows) == [0, 1, 0])
        }
    }

    @Test func `What PostgreSQL does not take undoes all of it, and it can be tried again`() async throws {
        try await withStores { source, target, _ in
            try await fill(source)
            // A file's columns take anything.
            try await source.write { try $0.execute("UPDATE child SET count = 'many' WHERE serial = 4000") }
            let error = await #expect(throws: StoreError.self) { _ = try await source.copy(to: target) }
            #expect(error?.message.contains("many") == true)
            #expect(try await target.tables().allSatisfy { $0.rows == 0 })
            try await source.write { try $0.execute("UPDATE child SET count = 1 WHERE serial = 4000") }
            let copied = try await source.copy(to: target)
            #expect(copied.count == 3)
        }
    }

    @Test func `A copy that is not the same is found`() async throws {
        try await withStores { source, target, _ in
            try await fill(source)
            try await target.write {
                try $0.run(
                    script: """
                        CREATE FUNCTION spoil() RETURNS trigger AS
                            'BEGIN IF new.b = 4000 THEN new.b := -1; END IF; RETURN new; END' LANGUAGE plpgsql;
                        CREATE TRIGGER spoil BEFORE INSERT ON pair FOR EACH ROW EXECUTE FUNCTION spoil();
                        """)
            }
            let error = await #expect(throws: StoreError.self) { _ = try await source.copy(to: target) }
            #expect(error?.code == .corrupt)
            #expect(error?.message.contains("the copy of pair") == true)
            #expect(try await target.tables().allSatisfy { $0.rows == 0 })
        }
    }
}
