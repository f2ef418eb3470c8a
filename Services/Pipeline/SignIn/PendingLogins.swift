import Contracts

/// State machine of commands that wait until somebody's browser lets them act as that person (after RFC 8628): each has a
/// secret code that the command asks with, and a short one that the person compares.
struct PendingLogins: Sendable {
    struct Login: Sendable, Equatable {
        /// The machine that the command says it runs on.
        let host: String
        /// Where the request came from.
        let address: String
        /// Such as `BCDF-GHJK`.
        let userCode: String
        let expiresAt: Timestamp
        fileprivate(set) var verdict: Verdict?
    }

    enum Verdict: Sendable, Equatable {
        case allowed(account: String)
        case refused
    }

    enum Answer: Sendable, Equatable {
        case waiting
        case decided(Verdict, host: String)
        /// Nobody asked with this code, or it is over.
        case unknown
    }

    static let life = Duration.seconds(600)
    /// How many seconds a command waits between two questions.
    static let interval = 2
    /// The most that wait at a time, in all and from one network.
    static let capacity = (all: 1_000, network: 20)

    /// By the hash of the secret code.
    private var logins: [String: (login: Login, network: String)] = [:]

    init() {}

    /// - Returns: `nil` where too many wait.
    mutating func begin(
        _ hash: String, host: String, visitor: Visitor, userCode: String, now: Timestamp
    ) -> Login? {
        logins = logins.filter { $0.value.login.expiresAt > now }
        guard logins.count < Self.capacity.all,
            logins.values.count(where: { $0.network == visitor.network }) < Self.capacity.network,
            !logins.values.contains(where: { $0.login.userCode == userCode })
        else { return nil }
        let login = Login(
            host: host, address: visitor.address, userCode: userCode, expiresAt: now.adding(Self.life), verdict: nil)
        logins[hash] = (login, visitor.network)
        return login
    }

    /// The one that waits for a person's word.
    func find(_ userCode: String, now: Timestamp) -> Login? {
        logins.values.first {
            $0.login.userCode == userCode && $0.login.expiresAt > now && $0.login.verdict == nil
        }?.login
    }

    /// - Returns: the one that was decided; `nil` where none waits.
    mutating func decide(_ userCode: String, _ verdict: Verdict, now: Timestamp) -> Login? {
        guard let login = find(userCode, now: now),
            let hash = logins.first(where: { $0.value.login.userCode == userCode })?.key
        else { return nil }
        logins[hash]?.login.verdict = verdict
        return login
    }

    /// What became of it; it is over once that is told.
    mutating func poll(_ hash: String, now: Timestamp) -> Answer {
        guard let login = logins[hash]?.login, login.expiresAt > now else { return .unknown }
        guard let verdict = login.verdict else { return .waiting }
        logins[hash] = nil
        return .decided(verdict, host: login.host)
    }

    /// Consonants, so that no word comes of it.
    static func makeUserCode() -> String {
        let letters = Array("BCDFGHJKLMNPQRSTVWXZ")
        var generator = SystemRandomNumberGenerator()
        let code = (0..<8).map { _ in letters[Int.random(in: 0..<letters.count, using: &generator)] }
        return String(code.prefix(4)) + "-" + String(code.suffix(4))
    }
}
