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

    func addToken(_ token: String, name: String, now: Timestamp) throws {
        try database.execute(
            "INSERT INTO tokens (hash, name, createdAt) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            [Self.hash(token), name, now])
    }

    /// Whether this is a token. Looked up by hash, so the time it takes tells nothing of the token.
    func isToken(_ text: String) throws -> Bool {
        try database.value("SELECT EXISTS (SELECT 1 FROM tokens WHERE hash = ?)", [Self.hash(text)]) ?? false
    }

    func addSession(_ session: String, now: Timestamp) throws {
        try database.execute("DELETE FROM sessions WHERE expiresAt < ?", [now])
        try database.execute(
            "INSERT INTO sessions (hash, createdAt, expiresAt) VALUES (?, ?, ?)",
            [Self.hash(session), now, now.adding(Self.sessionLife)])
    }

    func isSession(_ text: String, now: Timestamp) throws -> Bool {
        try database.value(
            "SELECT EXISTS (SELECT 1 FROM sessions WHERE hash = ? AND expiresAt > ?)", [Self.hash(text), now]) ?? false
    }

    func removeSession(_ text: String) throws {
        try database.execute("DELETE FROM sessions WHERE hash = ?", [Self.hash(text)])
    }
}
