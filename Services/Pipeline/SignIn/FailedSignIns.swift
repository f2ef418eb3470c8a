import Contracts

/// How somebody gets in, or tries to.
enum SignInWay: String, Sendable {
    case password, token, link, provider
    /// One that a browser lets in.
    case command
}

/// State machine of attempts to sign in that failed: they are counted until they are written into the audit log, so that a
/// stranger fills neither the memory nor the disk, and learns nothing from how long an answer takes.
struct FailedSignIns: Sendable {
    struct Attempt: Sendable, Hashable {
        var way: SignInWay
        /// What stood where the name belongs: it may be a password, so it is never written.
        var name: String?
        /// What one client has: the address, or of IPv6 its network.
        var network: String
        /// The code of the refusal, such as `wrong_password`.
        var problem: String
    }

    /// As many are told apart until they are written.
    static let capacity = 1_000

    private(set) var counts: [Attempt: Int] = [:]
    /// Those beyond them.
    private(set) var others = 0

    mutating func note(_ attempt: Attempt, count: Int = 1) {
        if counts[attempt] != nil || counts.count < Self.capacity {
            counts[attempt, default: 0] += count
        } else {
            others += count
        }
    }

    /// Those that could not be written.
    mutating func give(back failures: FailedSignIns) {
        for (attempt, count) in failures.counts { note(attempt, count: count) }
        others += failures.others
    }

    /// All that were noted, which begins anew.
    mutating func take() -> FailedSignIns {
        defer { self = FailedSignIns() }
        return self
    }

    // MARK: - What is written

    /// Attempts of one kind, as an entry has them.
    struct Entry: Sendable, Equatable {
        /// The account that was tried; `nil` where there is none of the name.
        var account: String?
        var way: SignInWay?
        var network: String?
        var problem: String?
        var attempts: Int
    }

    /// The most entries at a time; what is beyond them is one.
    static let limit = 10

    /// The entries: those of accounts first, then those with the most attempts.
    /// - Parameter isAccount: whether there is an account of a name.
    func entries(isAccount: (String) throws -> Bool) rethrows -> [Entry] {
        var known: [String: Bool] = [:]
        var found: [Attempt: Int] = [:]
        for (attempt, count) in counts {
            var attempt = attempt
            if let name = attempt.name {
                let isKnown = try known[name] ?? isAccount(name)
                known[name] = isKnown
                if !isKnown { attempt.name = nil }
            }
            found[attempt, default: 0] += count
        }
        let ordered = found.map { attempt, count in
            Entry(
                account: attempt.name, way: attempt.way, network: attempt.network, problem: attempt.problem,
                attempts: count)
        }.sorted { ($0.account != nil ? 1 : 0, $0.attempts) > ($1.account != nil ? 1 : 0, $1.attempts) }
        let rest = ordered.dropFirst(Self.limit).reduce(others) { $0 + $1.attempts }
        return ordered.prefix(Self.limit) + (rest > 0 ? [Entry(attempts: rest)] : [])
    }
}
