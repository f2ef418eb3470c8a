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

    struct Malformed: Error, Sendable, CustomStringConvertible {
        let text: String
        var description: String { text }
    }

    /// When it ends, where a moment is in it.
    func end(at now: Timestamp) -> Timestamp? {
        let seconds = now.milliseconds.flooringQuotient(1000)
        let local = seconds + Int64(zone.offset(at: seconds))
        let last: Int64
        if let period = begin.period {
            let place = (local - period.start).flooringRemainder(period.length)
            let length = (end.seconds - begin.seconds).flooringRemainder(period.length)
            let since = (place - begin.seconds).flooringRemainder(period.length)
            guard since < length else { return nil }
            last = local - since + length
        } else {
            guard local >= begin.seconds, local < end.seconds else { return nil }
            last = end.seconds
        }
        // What the clocks say then is another distance from UTC where they were changed meanwhile. A time that they skip
        // is as far after the one before it as it would have been.
        let unchanged = last - Int64(zone.offset(at: seconds))
        let moment = last - Int64(zone.offset(at: unchanged))
        let isSkipped = moment + Int64(zone.offset(at: moment)) != last
        return Timestamp(milliseconds: (isSkipped ? max(moment, unchanged) : moment) * 1000)
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

extension Int64 {
    /// The quotient rounded down, where `/` rounds towards zero.
    fileprivate func flooringQuotient(_ divisor: Int64) -> Int64 { (self - flooringRemainder(divisor)) / divisor }

    /// The remainder of that, which is never negative.
    fileprivate func flooringRemainder(_ divisor: Int64) -> Int64 {
        let rest = self % divisor
        return rest < 0 ? rest + divisor : rest
    }
}
