import Synchronization

/// What the connections say of themselves, readable from anywhere at once.
final class StatusBoard: Sendable {
    enum Line: Sendable {
        case closed
        case down(since: ContinuousClock.Instant, lastError: AMQPError?)
        case up(host: String)
        case blocked(reason: String)
    }

    enum Role: Sendable, Hashable, CaseIterable {
        case publish, consume
    }

    private let lines = Mutex<[Role: Line]>([:])

    func set(_ role: Role, _ line: Line) {
        lines.withLock { $0[role] = line }
    }

    /// Records why there is no connection, and keeps since when.
    func failed(_ role: Role, _ error: AMQPError, now: ContinuousClock.Instant) {
        lines.withLock { lines in
            if case .down(let since, _) = lines[role] {
                lines[role] = .down(since: since, lastError: error)
            } else {
                lines[role] = .down(since: now, lastError: error)
            }
        }
    }

    var status: Status {
        let lines = lines.withLock { $0 }
        var status = Status.closed
        // The worst of them is what a person has to know.
        for role in Role.allCases {
            switch (lines[role] ?? .closed, status) {
            case (.down(let since, let error), _): return .connecting(since: since, lastError: error)
            case (.blocked(let reason), _): status = .blocked(reason: reason)
            case (.up, .blocked): break
            case (.up(let host), _): status = .connected(host: host)
            case (.closed, _): return .closed
            }
        }
        return status
    }
}
