import Contracts

/// A command that waits until somebody's browser lets it act as that person (after RFC 8628): it asks with a secret code,
/// and the person compares a short one.
struct PendingLogin: Sendable, Equatable {
    enum Verdict: Sendable, Equatable {
        case allowed(account: String)
        case refused
    }

    /// The machine that the command says it runs on.
    let host: String
    /// Where the request came from.
    let address: String
    /// What one client has: the address, or of IPv6 its network.
    let network: String
    /// Such as `BCDF-GHJK`.
    let userCode: String
    let expiresAt: Timestamp
    var verdict: Verdict?

    static let life = Duration.seconds(600)
    /// How long one is sure of its place, unless its page is opened: it is then for as long as it lives.
    static let firstLife = Duration.seconds(30)
    /// How many seconds a command waits between two questions.
    static let interval = 2
    /// The most that wait at a time, in all and from one network.
    static let capacity = (all: 1_000, network: 20)

    /// Consonants, so that no word comes of it.
    static func makeUserCode() -> String {
        let letters = Array("BCDFGHJKLMNPQRSTVWXZ")
        var generator = SystemRandomNumberGenerator()
        let code = (0..<8).map { _ in letters[Int.random(in: 0..<letters.count, using: &generator)] }
        return String(code.prefix(4)) + "-" + String(code.suffix(4))
    }
}
