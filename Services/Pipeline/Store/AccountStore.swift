import Contracts
import Storage

/// Accounts, and the roles that they and groups of people have.
struct AccountStore {
    static let migration = Migration(
        "2026-11 accounts",
        sql: """
            CREATE TABLE accounts (
                name TEXT NOT NULL PRIMARY KEY,
                kind TEXT NOT NULL,
                createdBy TEXT,
                createdAt INTEGER NOT NULL,
                blockedAt INTEGER
            ) WITHOUT ROWID;

            -- The holder is an account, or a group of a provider behind an “@”.
            CREATE TABLE grants (
                holder TEXT NOT NULL,
                scope TEXT NOT NULL,
                role TEXT NOT NULL,
                grantedBy TEXT NOT NULL,
                grantedAt INTEGER NOT NULL,
                PRIMARY KEY (holder, scope)
            ) WITHOUT ROWID;

            -- Whose a token is, and the most that it may of what its account may.
            ALTER TABLE tokens ADD COLUMN account TEXT NOT NULL DEFAULT '';
            ALTER TABLE tokens ADD COLUMN role TEXT;
            ALTER TABLE tokens ADD COLUMN scopes TEXT;
            ALTER TABLE tokens ADD COLUMN expiresAt INTEGER;
            ALTER TABLE tokens ADD COLUMN usedAt INTEGER;
            ALTER TABLE tokens ADD COLUMN madeBy TEXT;

            -- A token of before is a service account's of its name, which may do what the token could: the first one all,
            -- the others all but make and revoke tokens.
            UPDATE tokens SET account = name;
            INSERT INTO accounts (name, kind, createdAt)
                SELECT name, 'service', MIN(createdAt) FROM tokens GROUP BY name;
            INSERT INTO grants (holder, scope, role, grantedBy, grantedAt)
                SELECT name, '**', CASE name WHEN 'first' THEN 'administrator' ELSE 'maintainer' END,
                    'the platform', MIN(createdAt) FROM tokens GROUP BY name;
            CREATE INDEX tokensByAccount ON tokens (account);

            -- Whose they are nobody knows.
            DELETE FROM sessions WHERE token IS NULL;
            """)

    let database: Database

    func find(_ name: String) throws -> Account? {
        try database.row("SELECT * FROM accounts WHERE name = ?", [name]).map(Self.account)
    }

    func add(_ account: Account) throws {
        try database.execute(
            "INSERT INTO accounts (name, kind, createdBy, createdAt) VALUES (?, ?, ?, ?)",
            [account.name, account.kind.rawValue, account.createdBy, account.createdAt])
    }

    /// - Parameter moment: since when it may do nothing more; `nil` lets it in again.
    func setBlocked(_ name: String, at moment: Timestamp?) throws {
        try database.execute("UPDATE accounts SET blockedAt = ? WHERE name = ?", [moment, name])
    }

    /// What an account may do, by itself and as one of groups.
    func rights(of name: String, groups: [String] = []) throws -> Rights {
        let holders = [name] + groups.map { "@\($0)" }
        let places = holders.map { _ in "?" }.joined(separator: ", ")
        let rows = try database.rows(
            "SELECT scope, role FROM grants WHERE holder IN (\(places)) ORDER BY scope, role", holders)
        return Rights(grants: try rows.compactMap(Self.grant))
    }

    /// Gives a role within a scope, in the place of the one there was.
    func grant(_ grant: Rights.Grant, to holder: String, by giver: String, now: Timestamp) throws {
        try database.execute(
            """
            INSERT INTO grants (holder, scope, role, grantedBy, grantedAt) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (holder, scope) DO UPDATE SET role = excluded.role, grantedBy = excluded.grantedBy,
                grantedAt = excluded.grantedAt
            """, [holder, grant.scope.text, grant.role.rawValue, giver, now])
    }

    /// All of them, by holder and scope.
    func roles() throws -> [RoleView] {
        try database.rows("SELECT * FROM grants ORDER BY holder, scope").compactMap(Self.view)
    }

    /// Those of some holders, by holder and scope.
    func roles(of holders: [String]) throws -> [RoleView] {
        try stride(from: 0, to: holders.count, by: 500).flatMap { start in
            let some = Array(holders[start..<min(start + 500, holders.count)])
            let places = Array(repeating: "?", count: some.count).joined(separator: ", ")
            return try database.rows(
                "SELECT * FROM grants WHERE holder IN (\(places)) ORDER BY holder, scope", some
            ).compactMap(Self.view)
        }
    }

    /// Those whose holder may do something: all but those of blocked accounts.
    func rolesInUse() throws -> [RoleView] {
        try database.rows(
            """
            SELECT grants.* FROM grants LEFT JOIN accounts ON accounts.name = grants.holder
            WHERE accounts.blockedAt IS NULL ORDER BY grants.holder, grants.scope
            """
        ).compactMap(Self.view)
    }

    /// What a holder has within just this scope.
    func role(of holder: String, within scope: RepositoryScope) throws -> RoleView? {
        try database.row("SELECT * FROM grants WHERE holder = ? AND scope = ?", [holder, scope.text])
            .flatMap(Self.view)
    }

    func removeGrant(of holder: String, within scope: RepositoryScope) throws {
        try database.execute("DELETE FROM grants WHERE holder = ? AND scope = ?", [holder, scope.text])
    }

    /// Whether an account that is not blocked says who may do what, by itself or as one of a group: a group that nobody is
    /// in says nothing.
    func hasAdministrator() throws -> Bool {
        try database.value(
            """
            SELECT EXISTS (
                SELECT 1 FROM grants
                LEFT JOIN memberships ON grants.holder = '@' || memberships.name
                JOIN accounts ON accounts.name = COALESCE(memberships.account, grants.holder)
                WHERE grants.role = ? AND grants.scope = ? AND accounts.blockedAt IS NULL
            )
            """, [Role.administrator.rawValue, RepositoryScope.all.text]) ?? false
    }

    /// Takes all roles of a holder away.
    func removeGrants(of holder: String) throws {
        try database.execute("DELETE FROM grants WHERE holder = ?", [holder])
    }

    /// What a later version wrote and this one cannot read gives nothing.
    private static func grant(_ row: Row) throws -> Rights.Grant? {
        guard let role = Role(rawValue: try row["role"]), let scope = RepositoryScope(try row["scope"]) else {
            return nil
        }
        return Rights.Grant(role: role, scope: scope)
    }

    private static func view(_ row: Row) throws -> RoleView? {
        guard let grant = try grant(row) else { return nil }
        return try RoleView(
            holder: row["holder"], role: grant.role, scope: grant.scope.text, givenBy: row["grantedBy"],
            givenAt: row["grantedAt"])
    }

    private static func account(_ row: Row) throws -> Account {
        let name: String = try row["name"]
        guard let kind = Account.Kind(rawValue: try row["kind"]) else {
            throw StoreError(.corrupt, "the account “\(name)” is of no kind")
        }
        return try Account(
            name: name, kind: kind, createdBy: row["createdBy"], createdAt: row["createdAt"],
            blockedAt: row["blockedAt"])
    }
}
