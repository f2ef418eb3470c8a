import Contracts
import Crypto
import FoundationEssentials
import Secrets
import Storage
import Text

/// Tokens, by their hashes.
struct AccessStore {
    let database: Database

    /// 256 random bits as text, after a prefix that says what it is.
    static func random(prefix: String) -> String {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        return prefix + Hex.encode(bytes)
    }

    /// What is kept of a token: it has 256 random bits, so a plain hash cannot be searched.
    static func hash(_ text: String) -> String {
        Hex.encode(SHA256.hash(data: Data(text.utf8)))
    }

    private static let columns = """
        SELECT tokens.*, parents.name AS parentName
        FROM tokens LEFT JOIN tokens AS parents ON parents.hash = tokens.parent
        """

    /// The tokens there are, by name.
    /// - Parameter account: of this one alone, unless it is `nil`.
    func tokens(of account: String? = nil) throws -> [Token] {
        if let account {
            return try database.rows(Self.columns + " WHERE tokens.account = ? ORDER BY tokens.name", [account])
                .map(Self.token)
        }
        return try database.rows(Self.columns + " ORDER BY tokens.name").map(Self.token)
    }

    func token(named name: String) throws -> Token? {
        try database.row(Self.columns + " WHERE tokens.name = ?", [name]).map(Self.token)
    }

    /// Adds a token in the place of the one of its name, which ends with all that was made with it.
    /// - Parameters:
    ///   - parent: the hash of the token it is made with.
    ///   - isRenewal: whether its account's person has signed in for it anew: what was made with the one before it goes on
    ///     with this one.
    func add(_ token: Token, _ text: String, parent: String? = nil, isRenewal: Bool = false) throws {
        let hash = Self.hash(text)
        if isRenewal {
            try database.execute(
                "UPDATE tokens SET parent = ? WHERE parent IN (SELECT hash FROM tokens WHERE name = ?)",
                [hash, token.name])
        }
        try removeToken(token.name)
        try database.execute(
            """
            INSERT INTO tokens (hash, name, account, role, scopes, createdAt, expiresAt, madeBy, parent)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                hash, token.name, token.account, token.limit.role?.rawValue,
                token.limit.scopes.map { JSONColumn($0.map(\.text)) }, token.createdAt, token.expiresAt, token.madeBy,
                parent,
            ])
    }

    /// Removes a token, those that were made with it, and the sessions begun with any of them.
    /// - Returns: the names of those that were made with it.
    @discardableResult
    func removeToken(_ name: String) throws -> [String] {
        let tree = try database.rows(
            """
            WITH RECURSIVE tree (hash, name) AS (
                SELECT hash, name FROM tokens WHERE name = ?
                UNION SELECT tokens.hash, tokens.name FROM tokens JOIN tree ON tokens.parent = tree.hash
            )
            SELECT hash, name FROM tree ORDER BY name
            """, [name])
        for row in tree { try remove(hash: try row["hash"]) }
        return try tree.map { try $0["name"] }.filter { $0 != name }
    }

    /// Removes all tokens of an account, and the sessions begun with them.
    func removeTokens(of account: String) throws {
        let hashes: [String] = try database.values("SELECT hash FROM tokens WHERE account = ?", [account])
        for hash in hashes { try remove(hash: hash) }
    }

    private func remove(hash: String) throws {
        try database.execute("DELETE FROM sessions WHERE token = ?", [hash])
        try database.execute("DELETE FROM tokens WHERE hash = ?", [hash])
    }

    /// The names of those that a token was made with, one with another, and its own.
    func line(of hash: String) throws -> [String] {
        try database.values(
            """
            WITH RECURSIVE line (hash, parent, name) AS (
                SELECT hash, parent, name FROM tokens WHERE hash = ?
                UNION SELECT tokens.hash, tokens.parent, tokens.name FROM tokens JOIN line ON tokens.hash = line.parent
            )
            SELECT name FROM line
            """, [hash])
    }

    /// The token of a text; `nil` where it is none. Looked up by hash, so the time it takes tells nothing of the token.
    func token(_ text: String) throws -> Token? {
        try token(hash: Self.hash(text))
    }

    /// Notes when tokens were last used; what was noted later stays.
    func note(_ uses: [String: Timestamp]) throws {
        for (name, moment) in uses.sorted(by: { $0.key < $1.key }) {
            try database.execute(
                "UPDATE tokens SET usedAt = ? WHERE name = ? AND createdAt <= ? AND (usedAt IS NULL OR usedAt < ?)",
                [moment, name, moment, moment])
        }
    }

    func token(hash: String) throws -> Token? {
        try database.row(Self.columns + " WHERE tokens.hash = ?", [hash]).map(Self.token)
    }

    private static func token(_ row: Row) throws -> Token {
        let name: String = try row["name"]
        let role: String? = try row["role"]
        let scopes: [String]? = try row.json("scopes")
        // A limit that cannot be read lets nothing through.
        let limit = Rights.Limit(
            role: try role.map { text in
                guard let role = Role(rawValue: text) else {
                    throw StoreError(.corrupt, "the token “\(name)” has the role “\(text)”")
                }
                return role
            }, scopes: scopes.map { $0.compactMap { RepositoryScope($0) } })
        return try Token(
            name: name, account: row["account"], limit: limit, createdAt: row["createdAt"],
            expiresAt: row["expiresAt"], usedAt: row["usedAt"], madeBy: row["madeBy"],
            parent: row["parentName"], hash: row["hash"])
    }
}
