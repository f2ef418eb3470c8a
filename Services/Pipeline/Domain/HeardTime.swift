/// A moment of the time in which workers could be heard, in milliseconds: what leases and time limits count by.
///
/// It goes on with each beat of the platform that arrives, by what the clock of its sender measured that nobody sets, and
/// stands still where none does. It began at the time of the day and falls behind it; only its differences mean something.
struct HeardTime: Sendable, Hashable, Comparable {
    let milliseconds: Int64

    static func < (left: HeardTime, right: HeardTime) -> Bool { left.milliseconds < right.milliseconds }

    func adding(_ duration: Duration) -> HeardTime {
        HeardTime(milliseconds: milliseconds + Int64(duration / .milliseconds(1)))
    }
}
