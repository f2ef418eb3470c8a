/// When the next chunk of a log is due: the first bytes after a quiet time go almost at once, so that a person sees a
/// step begin; a busy log goes in chunks, so that a line is no message.
struct LogPacing: Sendable {
    /// How long the first bytes wait for those that follow on their heels.
    var lead: Duration = .milliseconds(8)
    /// The least time between two chunks that are not full.
    var interval: Duration = .milliseconds(100)
    /// A chunk this long, in bytes, goes without waiting.
    var size: Int = 256 * 1024

    enum Due: Equatable {
        case now
        case at(ContinuousClock.Instant)
        case never
    }

    private var oldest: ContinuousClock.Instant?
    private var lastCut: ContinuousClock.Instant?

    init() {}

    /// Bytes came.
    mutating func arrived(at now: ContinuousClock.Instant) {
        if oldest == nil { oldest = now }
    }

    /// A chunk was cut; `pending` bytes are left.
    mutating func cut(at now: ContinuousClock.Instant, pending: Int) {
        lastCut = now
        oldest = pending > 0 ? now : nil
    }

    /// When to cut the next chunk off `pending` bytes.
    func due(pending: Int, ended: Bool, now: ContinuousClock.Instant) -> Due {
        guard pending > 0 else { return .never }
        if pending >= size || ended { return .now }
        var moment = (oldest ?? now).advanced(by: lead)
        if let lastCut { moment = max(moment, lastCut.advanced(by: interval)) }
        return moment <= now ? .now : .at(moment)
    }
}
