import Crypto
import CryptoExtras
import FoundationEssentials
import Secrets
import Text

/// What is kept of a password: scrypt's output (RFC 7914) with its salt and its cost, so that the cost can be raised later.
struct PasswordHash: Sendable, Equatable {
    /// What computing it takes: 128 · 2^exponent · blockSize bytes of memory, as many times as parallelism says.
    struct Cost: Sendable, Equatable {
        var exponent: Int
        var blockSize: Int
        var parallelism: Int

        /// 32 MiB, three times: of the settings that OWASP's password storage cheat sheet names as equal.
        static let standard = Cost(exponent: 15, blockSize: 8, parallelism: 3)

        /// No more than a program may be made to spend by what its own database says.
        var isReasonable: Bool {
            (1...20).contains(exponent) && (1...16).contains(blockSize) && (1...16).contains(parallelism)
        }
    }

    let cost: Cost
    let salt: [UInt8]
    let key: [UInt8]

    private init(cost: Cost, salt: [UInt8], key: [UInt8]) {
        self.cost = cost
        self.salt = salt
        self.key = key
    }

    /// Hashes a password with a new salt.
    static func make(_ password: String, cost: Cost) throws -> PasswordHash {
        var generator = SystemRandomNumberGenerator()
        let salt = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        return PasswordHash(cost: cost, salt: salt, key: try derive(password, salt, cost))
    }

    /// Whether it is this password's, in a time that does not depend on how much of it is right.
    func matches(_ password: String) throws -> Bool {
        constantTimeEquals(key, try Self.derive(password, salt, cost))
    }

    private static func derive(_ password: String, _ salt: [UInt8], _ cost: Cost) throws -> [UInt8] {
        // An empty one is refused before; the library would not take it.
        guard !password.isEmpty else { return [] }
        return try KDF.Scrypt.deriveKey(
            from: Array(password.utf8), salt: salt, outputByteCount: 32, rounds: 1 << cost.exponent,
            blockSize: cost.blockSize, parallelism: cost.parallelism
        ).withUnsafeBytes { Array($0) }
    }
}

extension PasswordHash {
    /// As it is kept: `scrypt:15:8:3:<salt>:<key>`, both in base64url.
    var kept: String {
        "scrypt:\(cost.exponent):\(cost.blockSize):\(cost.parallelism):\(Base64URL.encode(Data(salt))):"
            + Base64URL.encode(Data(key))
    }

    init?(kept: String) {
        let parts = kept.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "scrypt", let exponent = Int(parts[1]), let blockSize = Int(parts[2]),
            let parallelism = Int(parts[3]), let salt = Base64URL.decode(parts[4]),
            let key = Base64URL.decode(parts[5]), key.count == 32
        else { return nil }
        let cost = Cost(exponent: exponent, blockSize: blockSize, parallelism: parallelism)
        guard cost.isReasonable else { return nil }
        self.init(cost: cost, salt: Array(salt), key: Array(key))
    }
}
