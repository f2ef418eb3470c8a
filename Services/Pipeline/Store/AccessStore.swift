import Contracts
import Crypto
import FoundationEssentials
import Secrets
import Storage
import Text

/// Tokens and browser sessions, by their hashes.
struct AccessStore {
    let database: Database

    /// How long a browser stays signed in.
    static let sessionLife = Duration.seconds(30 * 86_400)

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

    func hasToken() throws -> Bool {
        try database.value("SELECT EXISTS (SELECT 1 FROM tokens)") ?? false
    }

    /// The tokens there are, by name.
    func tokens() throws -> [(name: String, createdAt: Timestamp)] {
        try database.rows("SELECT name, createdAt FROM tokens ORDER BY name").map { row in
            (try row["name"], try row["createdAt"])
        }
    }

    /// Adds a token in the place of the one of its name.
    func addToken(_ token: String, name: String, now: Timestamp) throws {
        try removeToken(name)
        try database.execute(
            "INSERT INTO tokens (hash, name, createdAt) VALUES (?, ?, ?)", [Self.hash(token), name, now])
    }

    /// Removes a token and the sessions begun with it; of those of before that was kept nobody knows.
    func removeToken(_ name: String) throws {
        let hashes: [String] = try database.values("SELECT hash FROM tokens WHERE name = ?", [name])
        for hash in hashes {
            try database.execute("DELETE FROM sessions WHERE token = ? OR token IS NULL", [hash])
            try database.execute("DELETE FROM tokens WHERE hash = ?", [hash])
        }
    }

    /// What a token is called; `nil` where it is none. Looked up by hash, so the time it takes tells nothing of the token.
    func name(ofToken text: String) throws -> String? {
        try database.value("SELECT name FROM tokens WHERE hash = ?", [Self.hash(text)])
    }

    /// - Parameter token: what it is begun with.
    func addSession(_ session: String, token: String, now: Timestamp) throws {
        try database.execute("DELETE FROM sessions WHERE expiresAt < ?", [now])
        try database.execute(
            "INSERT INTO sessions (hash, token, createdAt, expiresAt) VALUES (?, ?, ?, ?)",
            [Self.hash(session), Self.hash(token), now, now.adding(Self.sessionLife)])
    }

    /// What the token of a session is called; `nil` where the session is over: it ends with its token, however that was
    /// removed. Of one that was begun before that was kept, nobody knows.
    func name(ofSession text: String, now: Timestamp) throws -> String? {
        try database.value(
            """
            SELECT CASE WHEN sessions.token IS NULL THEN 'unknown' ELSE tokens.name END FROM sessions
            LEFT JOIN tokens ON tokens.hash = sessions.token
            WHERE sessions.hash = ? AND sessions.expiresAt > ? AND (sessions.token IS NULL OR tokens.hash IS NOT NULL)
            """, [Self.hash(text), now])
    }

    func removeSession(_ text: String) throws {
        try database.execute("DELETE FROM sessions WHERE hash = ?", [Self.hash(text)])
    }
}
