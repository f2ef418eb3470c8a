/// How a post ended.
enum PostOutcome: Sendable, Equatable, CustomStringConvertible {
    /// An answer, with the seconds of its `Retry-After`.
    case answered(status: Int, retryAfter: Int64?)
    /// The answer names another address. Nothing is posted there: what is signed goes where a person said, nowhere else.
    case redirected(status: Int, place: String)
    /// It was not taken, and the answer's body says why: of some chats with a good status.
    case refused(status: Int, String)
    /// None, and why.
    case failed(String)

    var description: String {
        switch self {
        case .answered(let status, _): "\(status)"
        case .redirected(let status, let place):
            "\(status), a redirect to \(place); enter the address it leads to instead of this one"
        case .refused(let status, let answer): "\(status), and the answer says \(answer)"
        case .failed(let reason): reason
        }
    }

    var status: Int? {
        switch self {
        case .answered(let status, _), .redirected(let status, _), .refused(let status, _): status
        case .failed: nil
        }
    }

    /// What a person should know of it beside the status.
    var remark: String? {
        switch self {
        case .answered: nil
        case .redirected, .refused, .failed: description
        }
    }
}

/// What follows from how a post ended.
enum DeliveryVerdict: Sendable, Equatable {
    case delivered
    case retry(after: Duration)
    /// The address asked never to be told again (410).
    case disable
    /// It was tried for some three days.
    case giveUp
}

/// When a notification is tried again, as Standard Webhooks advises: soon at first, then ever more rarely.
enum DeliveryPolicy {
    /// The delay after the first, the second … failed attempt, in seconds.
    static let delays: [Int64] = [5, 30, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]
    /// The longest a peer can put us off.
    static let longestRetryAfter: Int64 = 86_400

    /// How long the address asks to be left alone (`Retry-After`): it is told nothing else meanwhile either.
    static func pause(after outcome: PostOutcome) -> Duration {
        guard case .answered(let status, let seconds?) = outcome, !(200...299).contains(status) else { return .zero }
        return .seconds(min(max(0, seconds), longestRetryAfter))
    }

    /// - Parameters:
    ///   - attempt: the one that ended, from 1.
    ///   - jitter: 0..<1. Notifications that failed together come back up to a fifth of the delay apart, so that an
    ///     address that comes up again is not taken down by all at once.
    static func decide(afterAttempt attempt: Int, _ outcome: PostOutcome, jitter: Double) -> DeliveryVerdict {
        switch outcome {
        case .answered(let status, _) where (200...299).contains(status): return .delivered
        case .answered(410, _): return .disable
        case .answered, .redirected, .refused, .failed: break
        }
        guard attempt >= 1, attempt <= delays.count else { return .giveUp }
        let delay = Double(delays[attempt - 1]) * (0.9 + 0.2 * jitter)
        return .retry(after: max(.milliseconds(Int64(delay * 1000)), pause(after: outcome)))
    }
}
