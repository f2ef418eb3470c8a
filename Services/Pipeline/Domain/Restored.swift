import Contracts

/// A database that was put back as it was before: what it does not know of what came after, it must not do again under the
/// same names.
struct Restored: Sendable, Equatable {
    /// What the restore is known by.
    var id: String
    /// When the copy was made that it was put back from.
    var madeAt: Timestamp
    var at: Timestamp
    /// By how many the numbers of runs go on; `nil` for as many as may have been given meanwhile.
    var skip: Int?
    /// Whether what had not ended ends.
    var endsRuns: Bool

    /// How much passed between the copy and now, as far as the clock tells.
    var age: Duration { .milliseconds(max(0, at.milliseconds - madeAt.milliseconds)) }

    /// The least by which numbers go on.
    static let leastSkip = 100

    /// The last number that a repository's runs may have been given.
    /// - Parameters:
    ///   - last: the last one that is known.
    ///   - recent: how many runs it had in as long a time before the copy as passed since.
    func last(after last: Int, recent: Int) -> Int {
        if let skip { return last + skip }
        // Ten times as many as before, and a round number, so that people see it.
        return ((last + max(Self.leastSkip, 10 * recent)) / 100 + 1) * 100
    }

    /// The last of numbers that only grow and of which no more than one is given in a millisecond.
    /// - Parameter last: the last one that is known.
    func lastSerial(after last: Int64) -> Int64 { last + Int64(age / .milliseconds(1)) + 1_000 }
}
