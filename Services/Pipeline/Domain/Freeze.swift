import Contracts
import Text

/// A freeze window with the rules of its time zone.
struct Freeze: Sendable {
    private var begin: Moment
    private var end: Moment
    private let zone: TimeZoneRules

    /// - Throws: ``Malformed`` that says what is wrong with the window.
    init(_ window: FreezeWindow, zone: TimeZoneRules) throws(Malformed) {
        guard let begin = Moment(window.from), let end = Moment(window.until), begin.period == end.period else {
            throw Malformed(
                text:
                    "the freeze “\(window.name)” goes from “\(window.from)” until “\(window.until)”: both are times such as "
                    + "16:00, fri 16:00 or 2026-12-20 00:00, of one form")
        }
        let length = end.seconds - begin.seconds
        guard begin.period.map({ length.flooringRemainder($0.length) != 0 }) ?? (length > 0) else {
            throw Malformed(
                text: "the freeze “\(window.name)” does not end after it began: it goes from “\(window.from)” until "
                    + "“\(window.until)”; to stop rollouts for good: slipway environment remove")
        }
        self.begin = begin
        self.end = end
        self.zone = zone
    }

    /// What is wrong with a window or its zone.
    struct Malformed: Error, Sendable, Equatable, CustomStringConvertible {
        let text: String
        var description: String { text }

        static func unknown(zone: String) -> Malformed {
            Malformed(text: "“\(zone)” is no time zone of the platform's machine: write it as Europe/Berlin or UTC")
        }
    }

    /// When it ends, where a moment is in it. A time that the clocks show twice begins it the first time and ends it the
    /// second time, so that it has no gap.
    func end(at now: Timestamp) -> Timestamp? {
        let seconds = now.milliseconds.flooringQuotient(1000)
        let ends = spans(around: seconds + Int64(zone.offset(at: seconds))).compactMap { span -> Int64? in
            guard let first = moments(of: span.lowerBound).first, let last = moments(of: span.upperBound).last,
                (first..<max(first, last)).contains(seconds)
            else { return nil }
            return last
        }
        return ends.max().map { Timestamp(milliseconds: $0 * 1000) }
    }

    /// Those of its times by the clocks that may be about a moment: the clocks may have been changed within one.
    private func spans(around local: Int64) -> [Range<Int64>] {
        guard let period = begin.period else { return [begin.seconds..<end.seconds] }
        let length = (end.seconds - begin.seconds).flooringRemainder(period.length)
        let latest = local - (local - period.start - begin.seconds).flooringRemainder(period.length)
        return [-1, 0, 1].map { latest + $0 * period.length }.map { $0..<$0 + length }
    }

    /// When the clocks show a time, in order: twice where they were put back over it. One that they skip is as far after
    /// the one before as it would have been.
    private func moments(of local: Int64) -> [Int64] {
        let day: Int64 = 86_400
        let before = local - Int64(zone.offset(at: local - day))
        let after = local - Int64(zone.offset(at: local + day))
        let shown = [before, after].filter { $0 + Int64(zone.offset(at: $0)) == local }
        return shown.isEmpty ? [before] : shown.sorted()
    }

    /// A moment by the clocks of the zone, in seconds from the beginning of what repeats, or from 1970 where nothing does.
    private struct Moment: Sendable {
        struct Period: Sendable, Equatable {
            var length: Int64
            /// When one began, in seconds since 1970 by the same clocks.
            var start: Int64
            static let day = Period(length: 86_400, start: 0)
            /// From Monday: 1970 began on a Thursday.
            static let week = Period(length: 7 * 86_400, start: 4 * 86_400)
        }

        var seconds: Int64
        var period: Period?

        private static let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

        init?(_ text: String) {
            let words = text.split(separator: " ")
            guard let clock = words.last, words.count <= 2 else { return nil }
            let numbers = clock.split(separator: ":", omittingEmptySubsequences: false).map { Int64($0) ?? -1 }
            guard numbers.count == 2, (0...24).contains(numbers[0]), (0...59).contains(numbers[1]),
                numbers[0] < 24 || numbers[1] == 0
            else { return nil }
            let time = numbers[0] * 3600 + numbers[1] * 60
            guard words.count == 2 else {
                (seconds, period) = (time, .day)
                return
            }
            if let day = Self.days.firstIndex(of: words[0].lowercased()) {
                (seconds, period) = (Int64(day) * 86_400 + time, .week)
                return
            }
            guard let date = Timestamp(rfc3339: "\(words[0])T00:00:00Z") else { return nil }
            (seconds, period) = (date.milliseconds / 1000 + time, nil)
        }
    }
}
