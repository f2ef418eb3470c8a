import Contracts

/// State machine of how often somebody may try to sign in: for each account and for each source some attempts at once, then
/// one from time to time. Whether an account exists makes no difference.
///
/// Of each subject one moment is kept: when all of its attempts will be there again (a leaky bucket).
struct AttemptLimit: Sendable {
    enum Subject: Hashable, Sendable, CustomStringConvertible {
        /// By the name that was given.
        case account(String)
        /// By the address; of IPv6 by its network.
        case source(String)

        var description: String {
            switch self {
            case .account(let name): "as “\(name)”"
            case .source(let address): "from \(address)"
            }
        }

        /// How many attempts at once, and how many milliseconds until there is one more.
        var rule: (burst: Int64, interval: Int64) {
            switch self {
            case .account: (10, 60_000)
            case .source: (30, 10_000)
            }
        }
    }

    /// Who has to wait, and for how long, in seconds.
    struct Refusal: Error, Equatable {
        let subject: Subject
        let seconds: Int
    }

    /// When all attempts of a subject will be there again, in milliseconds.
    var full: [Subject: Int64] = [:]

    /// Takes an attempt of each subject, or of none.
    /// - Throws: ``Refusal`` of the one that has to wait the longest.
    mutating func take(_ subjects: [Subject], now: Timestamp) throws(Refusal) {
        // Where the clock was set back nobody waits longer than for all of their attempts.
        for subject in subjects {
            let (burst, interval) = subject.rule
            full[subject] = full[subject].map { min($0, now.milliseconds + burst * interval) }
        }
        let refusals = subjects.compactMap { subject -> Refusal? in
            let (burst, interval) = subject.rule
            let wait = (full[subject] ?? 0) - now.milliseconds - (burst - 1) * interval
            return wait > 0 ? Refusal(subject: subject, seconds: Int((wait + 999) / 1000)) : nil
        }
        if let refusal = refusals.max(by: { $0.seconds < $1.seconds }) { throw refusal }
        for subject in subjects { full[subject] = max(full[subject] ?? 0, now.milliseconds) + subject.rule.interval }
    }
}
