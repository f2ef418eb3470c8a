public import Storage

#if PostgreSQL
    import Logging
    import PostgreSQL
#endif

/// The database that the tests of stores run on: a file of SQLite's, or, where `SLIPWAY_TEST_DATABASE` is `postgresql`,
/// a schema of the server of `SLIPWAY_TEST_POSTGRESQL`.
public struct TestDatabase: Sendable {
    /// The file, or the schema's address with the password.
    public let address: String
    private let schema: String

    private init(address: String, schema: String = "") {
        self.address = address
        self.schema = schema
    }

    public static var isPostgreSQL: Bool { TestEnvironment.optional("SLIPWAY_TEST_DATABASE") == "postgresql" }

    /// A database that is there.
    public static func at(_ address: String) -> TestDatabase { TestDatabase(address: address) }

    /// - Parameter directory: where a file is made.
    public static func make(in directory: String) async throws -> TestDatabase {
        isPostgreSQL ? try await makeSchema() : TestDatabase(address: directory + "/service.sqlite")
    }

    /// Opens it, once everybody else has closed it.
    public func open(_ migrations: [Migration]) async throws -> Store {
        Self.isPostgreSQL
            ? try await openSchema(migrations) : try Store.open(at: address, migrations: migrations)
    }

    /// Removes a schema; a file goes with its directory.
    public func remove() async throws {
        if Self.isPostgreSQL { try await removeSchema() }
    }

    /// What `pipeline` needs to know to use it.
    public var settings: [String: String] { Self.isPostgreSQL ? ["SLIPWAY_DATABASE_URL": address] : [:] }

    #if PostgreSQL
        /// A schema on the tests' PostgreSQL, whatever the other tests run on.
        public static func makeSchema(on server: String? = nil) async throws -> TestDatabase {
            let server = try server ?? TestEnvironment.required("SLIPWAY_TEST_POSTGRESQL")
            let schema = "test_" + String(UInt64.random(in: .min ... .max), radix: 36)
            let database = TestDatabase(
                address: "\(server)?options=-csearch_path%3D\(schema)", schema: schema)
            try await database.run("CREATE SCHEMA \(schema)")
            return database
        }

        /// - Parameter patience: for how long a server that is away, or a schema that another one holds, is waited for.
        public func openSchema(_ migrations: [Migration], patience: Duration = .seconds(60)) async throws -> Store {
            try await Store.open(
                try await PostgreSQLEngine.open(address, patience: patience, logger: Logger(label: "test")),
                migrations: migrations)
        }

        /// Opens the schema as it is, beside the service that has it.
        public func lookAtSchema() async throws -> Store {
            Store.open(
                asItIs: try await PostgreSQLEngine.open(
                    address, isAlone: false, patience: .zero, logger: Logger(label: "test")))
        }

        public func removeSchema() async throws {
            try await run("DROP SCHEMA \(schema) CASCADE")
        }

        private func run(_ statement: String) async throws {
            let store = Store.open(
                asItIs: try await PostgreSQLEngine.open(address, logger: Logger(label: "test")))
            do {
                try await store.write { try $0.run(script: statement) }
            } catch {
                try await store.close()
                throw error
            }
            try await store.close()
        }
    #else
        private static let missing = TestFailure(
            "the tests were built without PostgreSQL: build them with --traits PostgreSQL")

        public static func makeSchema(on server: String? = nil) async throws -> TestDatabase { throw missing }
        public func openSchema(_ migrations: [Migration], patience: Duration = .zero) async throws -> Store {
            throw Self.missing
        }
        public func lookAtSchema() async throws -> Store { throw Self.missing }
        public func removeSchema() async throws { throw Self.missing }
    #endif
}
