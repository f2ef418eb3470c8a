import Contracts
import Storage

/// People: who they are, what they sign in with, and the provider's groups. Passwords are kept as hashes, links too.
struct PersonStore {
    let database: Database

    static let migration = Migration(
        "2026-11 sign-in",
        sql: """
            CREATE TABLE people (
                account TEXT NOT NULL PRIMARY KEY REFERENCES accounts (name),
                displayName TEXT NOT NULL,
                email TEXT,
                issuer TEXT,
                subject TEXT,
                password TEXT,
                createdAt INTEGER NOT NULL,
                signedInAt INTEGER
            ) WITHOUT ROWID;
            CREATE UNIQUE INDEX peopleBySubject ON people (issuer, subject);

            -- The provider's groups, as of the last sign-in.
            CREATE TABLE memberships (
                account TEXT NOT NULL REFERENCES people (account),
                name TEXT NOT NULL,
                PRIMARY KEY (account, name)
            ) WITHOUT ROWID;

            -- Hashes only. Without an account it is whoever opens it first, as an administrator.
            CREATE TABLE links (
                hash TEXT NOT NULL PRIMARY KEY,
                account TEXT REFERENCES accounts (name),
                madeBy TEXT NOT NULL,
                createdAt INTEGER NOT NULL,
                expiresAt INTEGER NOT NULL
            ) WITHOUT ROWID;
            CREATE INDEX linksByAccount ON links (account);

            -- Those of before belong to nobody: their people sign in again.
            DROP TABLE sessions;
            CREATE TABLE sessions (
                hash TEXT NOT NULL PRIMARY KEY,
                id TEXT NOT NULL UNIQUE,
                account TEXT NOT NULL REFERENCES accounts (name),
                -- The hash of the token it was begun with, where it was.
                token TEXT,
                createdAt INTEGER NOT NULL,
                usedAt INTEGER NOT NULL,
                expiresAt INTEGER NOT NULL,
                client TEXT,
                agent TEXT
            ) WITHOUT ROWID;
            CREATE INDEX sessionsByAccount ON sessions (account);
            """)

    /// The token of an installation of before, which everybody shared, ends.
    static let firstTokenEnds = Migration("2026-11 first token") { database in
        try database.execute(
            "UPDATE tokens SET expiresAt = ? WHERE name = 'first' AND expiresAt IS NULL",
            [Timestamp.now.adding(.seconds(30 * 86_400))])
    }

    // MARK: - People

    private static let columns = """
        SELECT people.account, displayName, email, issuer, subject, password IS NOT NULL AS hasPassword,
            people.createdAt, signedInAt, accounts.blockedAt
        FROM people JOIN accounts ON accounts.name = people.account
        """

    func all() throws -> [Person] {
        var groups: [String: [String]] = [:]
        for row in try database.rows("SELECT account, name FROM memberships ORDER BY account, name") {
            groups[try row["account"], default: []].append(try row["name"])
        }
        return try database.rows(Self.columns + " ORDER BY people.account").map { row in
            let account: String = try row["account"]
            return try Self.person(row, groups: groups[account] ?? [])
        }
    }

    func find(_ account: String) throws -> Person? {
        try database.row(Self.columns + " WHERE people.account = ?", [account]).map {
            try Self.person($0, groups: try self.groups(of: account))
        }
    }

    func find(_ identity: Person.Identity) throws -> Person? {
        try database.row(
            Self.columns + " WHERE issuer = ? AND subject = ?", [identity.issuer, identity.subject]
        ).map { try Self.person($0, groups: try self.groups(of: try $0["account"])) }
    }

    func groups(of account: String) throws -> [String] {
        try database.values("SELECT name FROM memberships WHERE account = ? ORDER BY name", [account])
    }

    private static func person(_ row: Row, groups: [String]) throws -> Person {
        let issuer: String? = try row["issuer"]
        let subject: String? = try row["subject"]
        return Person(
            name: try row["account"], displayName: try row["displayName"], email: try row["email"],
            identity: issuer.flatMap { issuer in subject.map { .init(issuer: issuer, subject: $0) } },
            groups: groups, hasPassword: try row["hasPassword"], createdAt: try row["createdAt"],
            signedInAt: try row["signedInAt"], blockedAt: try row["blockedAt"])
    }

    /// Adds a person, or changes how they are called and who they are; the rest stays.
    func save(_ person: Person) throws {
        try database.execute(
            """
            INSERT INTO people (account, displayName, email, issuer, subject, createdAt) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (account) DO UPDATE SET displayName = excluded.displayName, email = excluded.email,
                issuer = excluded.issuer, subject = excluded.subject
            """,
            [
                person.name, person.displayName, person.email, person.identity?.issuer, person.identity?.subject,
                person.createdAt,
            ])
    }

    func saveGroups(_ groups: [String], of account: String) throws {
        try database.execute("DELETE FROM memberships WHERE account = ?", [account])
        for group in Set(groups).sorted() {
            try database.execute("INSERT INTO memberships (account, name) VALUES (?, ?)", [account, group])
        }
    }

    func signedIn(_ account: String, now: Timestamp) throws {
        try database.execute("UPDATE people SET signedInAt = ? WHERE account = ?", [now, account])
    }

    /// When somebody who signs in at a provider last did, or a link let them in.
    /// - Returns: `nil` for anybody else.
    func providerSignIn(of account: String) throws -> (issuer: String, at: Timestamp?)? {
        try database.row("SELECT issuer, signedInAt FROM people WHERE account = ? AND issuer IS NOT NULL", [account])
            .map { (try $0["issuer"], try $0["signedInAt"]) }
    }

    func password(of account: String) throws -> String? {
        try database.value("SELECT password FROM people WHERE account = ?", [account])
    }

    func savePassword(_ hash: String, of account: String) throws {
        try database.execute("UPDATE people SET password = ? WHERE account = ?", [hash, account])
    }

    // MARK: - Links

    func addLink(_ code: String, for account: String?, by name: String, until end: Timestamp, now: Timestamp) throws {
        try database.execute(
            "INSERT INTO links (hash, account, madeBy, createdAt, expiresAt) VALUES (?, ?, ?, ?, ?)",
            [AccessStore.hash(code), account, name, now, end])
    }

    /// Looked up by hash, so the time it takes tells nothing of the link.
    func link(_ code: String, now: Timestamp) throws -> SignInLink? {
        try database.row(
            """
            SELECT links.account, expiresAt FROM links LEFT JOIN accounts ON accounts.name = links.account
            WHERE hash = ? AND expiresAt > ? AND expiresAt <= ? AND accounts.blockedAt IS NULL
            """, [AccessStore.hash(code), now, now.adding(SignInLink.life + SessionPolicy.leeway)]
        ).map { SignInLink(account: try $0["account"], expiresAt: try $0["expiresAt"]) }
    }

    /// Uses a link up.
    /// - Returns: whether it was there to be used.
    func removeLink(_ code: String) throws -> Bool {
        try database.execute("DELETE FROM links WHERE hash = ?", [AccessStore.hash(code)]) > 0
    }

    func removeLinks(of account: String) throws {
        try database.execute("DELETE FROM links WHERE account = ?", [account])
    }

    /// Forgets those that were over at a moment.
    func pruneLinks(before moment: Timestamp) throws {
        try database.execute("DELETE FROM links WHERE expiresAt <= ?", [moment])
    }

    /// Removes those that make an administrator of whoever opens them.
    func removeOpenLinks() throws { try database.execute("DELETE FROM links WHERE account IS NULL") }
}
