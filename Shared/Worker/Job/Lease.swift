/// The lease of a job as its worker sees it: when to beat, and when it has to be taken for lost.
///
/// Time counts from before a claim or a heartbeat is sent, and the platform gives the job to nobody else before the lease and
/// ``hold`` are over, so that the worker has stopped it by then.
struct Lease {
    private let duration: Duration
    private let hold: Duration
    private var renewedAt: ContinuousClock.Instant
    private var failures = 0

    /// How long before the platform gives the job away the worker begins to stop it.
    static let stopping = Duration.seconds(15)

    /// - Parameters:
    ///   - hold: how long the platform keeps the job for this worker after the lease.
    ///   - claimedAt: before the claim was sent.
    init(_ duration: Duration, hold: Duration = .zero, claimedAt: ContinuousClock.Instant) {
        self.duration = duration
        self.hold = hold
        renewedAt = claimedAt
    }

    /// The moment from which the job has to be stopped.
    var end: ContinuousClock.Instant { renewedAt.advanced(by: duration + hold - min(Self.stopping, hold / 2)) }

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
