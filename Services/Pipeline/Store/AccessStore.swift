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

    /// The tokens there are, by name.
    /// - Parameter account: of this one alone, unless it is `nil`.
    func tokens(of account: String? = nil) throws -> [Token] {
        if let account {
            return try database.rows("SELECT * FROM tokens WHERE account = ? ORDER BY name", [account])
                .map(Self.token)
        }
        return try database.rows("SELECT * FROM tokens ORDER BY name").map(Self.token)
    }

    func token(named name: String) throws -> Token? {
        try database.row("SELECT * FROM tokens WHERE name = ?", [name]).map(Self.token)
    }

    /// Adds a token in the place of the one of its name.
    func add(_ token: Token, _ text: String) throws {
        try removeToken(token.name)
        try database.execute(
            """
            INSERT INTO tokens (hash, name, account, role, scopes, createdAt, expiresAt, madeBy)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                Self.hash(text), token.name, token.account, token.limit.role?.rawValue,
                token.limit.scopes.map { JSONColumn($0.map(\.text)) }, token.createdAt, token.expiresAt, token.madeBy,
            ])
    }

    /// Removes a token and the sessions begun with it.
    func removeToken(_ name: String) throws {
        let hashes: [String] = try database.values("SELECT hash FROM tokens WHERE name = ?", [name])
        for hash in hashes {
            try database.execute("DELETE FROM sessions WHERE token = ?", [hash])
            try database.execute("DELETE FROM tokens WHERE hash = ?", [hash])
        }
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
        try database.row("SELECT * FROM tokens WHERE hash = ?", [hash]).map(Self.token)
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
            expiresAt: row["expiresAt"], usedAt: row["usedAt"], madeBy: row["madeBy"])
    }
}
