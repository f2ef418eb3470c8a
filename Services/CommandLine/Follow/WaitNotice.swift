import Contracts

/// What a run waits for, for a reader who sees one line after another: a reason is told once, when it has held for some
/// time. A wait as short as most are is not worth a line.
struct WaitNotice {
    static let patience = Duration.seconds(2)

    private var wait: (reason: String, since: Timestamp, isTold: Bool)?

    /// The run as it is now.
    mutating func note(_ run: RunSummary, now: Timestamp) {
        guard !run.state.isFinal, let reason = run.reason else {
            wait = nil
            return
        }
        if reason != wait?.reason { wait = (reason, now, false) }
    }

    /// The reason that is to be told now, if any.
    mutating func due(now: Timestamp) -> String? {
        guard let wait, !wait.isTold, wait.since.adding(Self.patience) <= now else { return nil }
        self.wait?.isTold = true
        return wait.reason
    }
}
