import Contracts
import Secrets
import Storage

/// What is kept sealed, whatever it is, and which keys those have who are sent it.
struct SealStore {
    /// A sealed value and what it is bound to where it is kept.
    struct Kept: Sendable, Equatable {
        var sealed: SealedSecret
        var binding: SealBinding
    }

    let database: Database

    /// Its migration. An installation of before is known by its repositories: for a while its services have no keys of
    /// their own.
    static let migration = Migration("2026-11 seals") { database in
        try database.run(
            script: """
                -- The ids of the keys that a worker has; none of one of an earlier version.
                ALTER TABLE workers ADD COLUMN keys TEXT;

                -- The same of services that are no workers.
                CREATE TABLE serviceKeys (
                    service TEXT NOT NULL PRIMARY KEY,
                    keys TEXT
                ) WITHOUT ROWID;
                """)
        guard try database.value("SELECT EXISTS (SELECT 1 FROM repositories)") ?? false else { return }
        try database.execute("INSERT INTO upgrades (name, startedAt) VALUES ('seals', ?)", [Timestamp.now])
    }

    /// Every value that is kept sealed.
    func all() throws -> [Kept] {
        let secrets = try database.rows("SELECT repository, name, sealed FROM secrets ORDER BY repository, name").map {
            try Kept(sealed: $0["sealed"], binding: .kept(secret: $0["name"], of: $0["repository"]))
        }
        let registries = try database.rows("SELECT host, sealed FROM registries ORDER BY host").map {
            try Kept(sealed: $0["sealed"], binding: .kept(registry: $0["host"]))
        }
        let tokens = try database.rows(
            "SELECT path, cloneURL, token FROM repositories WHERE token IS NOT NULL ORDER BY path"
        ).map { try Kept(sealed: $0["token"], binding: .kept(tokenOf: $0["path"], cloneURL: $0["cloneURL"])) }
        return secrets + registries + tokens
    }

    /// Puts a value in the place of the same one sealed otherwise; one that was changed meanwhile stays.
    /// - Returns: whether it was there.
    func replace(_ old: SealedSecret, with new: SealedSecret, _ purpose: SealBinding.Purpose) throws -> Bool {
        let statement =
            switch purpose {
            case .git: "UPDATE repositories SET token = ? WHERE token = ?"
            case .registry: "UPDATE registries SET sealed = ? WHERE sealed = ?"
            case .step, .mirror: "UPDATE secrets SET sealed = ? WHERE sealed = ?"
            }
        return try database.execute(statement, [new, old]) > 0
    }

    /// The ids of a service's keys.
    /// - Returns: `nil` for one that was never heard of; in it `nil` for one of an earlier version.
    func keys(of service: String) throws -> [String]?? {
        try database.row("SELECT keys FROM serviceKeys WHERE service = ?", [service]).map { try $0.json("keys") }
    }

    /// The platform's own row: the keys that it was started with.
    static let platform = "pipeline"

    /// The ids of the keys of all services that are sent something.
    func services() throws -> [(name: String, keys: [String]?)] {
        try database.rows(
            "SELECT service, keys FROM serviceKeys WHERE service <> ? ORDER BY service", [Self.platform]
        ).map {
            (try $0["service"], try $0.json("keys"))
        }
    }

    func save(_ keys: [String]?, of service: String) throws {
        try database.execute(
            """
            INSERT INTO serviceKeys (service, keys) VALUES (?, ?)
            ON CONFLICT (service) DO UPDATE SET keys = excluded.keys
            """, [service, keys.map { JSONColumn($0) }])
    }

    /// Since when an installation of before is at work with bound values; `nil` on one that began with them.
    func upgradedAt() throws -> Timestamp? {
        try database.value("SELECT startedAt FROM upgrades WHERE name = 'seals'")
    }
}
