/// The lease of a job as its worker sees it: when to beat, and when it has to be taken for lost.
///
/// Time counts from before a claim or a heartbeat is sent, so the worker's lease never ends after the platform's.
struct Lease {
    private let duration: Duration
    private var renewedAt: ContinuousClock.Instant
    private var failures = 0

    /// - Parameter claimedAt: before the claim was sent.
    init(_ duration: Duration, claimedAt: ContinuousClock.Instant) {
        self.duration = duration
        renewedAt = claimedAt
    }

    /// The moment from which another worker may have the job.
    var end: ContinuousClock.Instant { renewedAt.advanced(by: duration) }

    /// How long a heartbeat may take before it is tried again.
    var patience: Duration { duration / 3 }

    /// When to send the next heartbeat: at a third of the lease, sooner after one that failed.
    func nextBeat(after now: ContinuousClock.Instant) -> ContinuousClock.Instant {
        if failures == 0 { return max(now, renewedAt.advanced(by: duration / 3)) }
        return min(now.advanced(by: min(duration / 12, .seconds(1))), end)
    }

    func isLost(at now: ContinuousClock.Instant) -> Bool { now >= end }

    /// A heartbeat was confirmed that was sent at that moment.
    mutating func renewed(at sent: ContinuousClock.Instant) {
        renewedAt = max(renewedAt, sent)
        failures = 0
    }

    mutating func beatFailed() {
        failures += 1
    }
}
