import Text

/// When something recurs by the clocks of a zone: five fields, as `crontab` has them, or a name such as `@daily`.
///
/// A time that the clocks skip is fired when they go on, and one that they show twice the first time, each once. Where the
/// hours are a wildcard, what counts is what the clocks show, so that nothing is left out or put off: every hour is every
/// hour on the day of a change too.
struct CronExpression: Sendable, Equatable {
    private let minutes: Field.Values
    private let hours: Field.Values
    private let days: Field.Values
    private let months: Field.Values
    private let weekdays: Field.Values
    /// As it was written, with one space between the fields.
    let text: String

    /// What is wrong with an expression.
    struct Malformed: Error, Sendable, Equatable, CustomStringConvertible {
        let text: String
        var description: String { text }
    }

    private static let names = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
    ]

    /// In bytes.
    private static let longest = 200

    /// - Throws: ``Malformed`` that names the field and what it says.
    init(_ written: String) throws(Malformed) {
        guard written.utf8.count <= Self.longest else {
            throw Malformed(
                text: "the expression has \(written.utf8.count) bytes: \(Self.longest) at most, "
                    + "such as 30 3 * * mon-fri")
        }
        text = written.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let name = text.lowercased()
        if text.hasPrefix("@"), Self.names[name] == nil {
            throw Malformed(
                text: "“\(text)” is not known: there are \(Self.names.keys.sorted().joined(separator: ", ")), "
                    + "and the five fields of a crontab, such as 0 */2 * * *")
        }
        let fields = (Self.names[name] ?? text).split(separator: " ")
        guard fields.count == 5 else {
            // Drone's readers of such expressions take the second first.
            let rest = fields.dropFirst().joined(separator: " ")
            let remedy = fields.count == 6 ? "; if the first is the second, leave it out: \(rest)" : ""
            throw Malformed(
                text:
                    "“\(text)” has \(fields.count == 1 ? "1 field" : "\(fields.count) fields"), and a schedule has five: "
                    + "minute, hour, day of the month, month and day of the week, such as 30 3 * * mon-fri\(remedy)")
        }
        minutes = try Field.minute.values(fields[0])
        hours = try Field.hour.values(fields[1])
        days = try Field.day.values(fields[2])
        months = try Field.month.values(fields[3])
        weekdays = try Field.weekday.values(fields[4])
        // A day of the week comes in every month; a day of the month may be in none of them.
        let longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        if weekdays.isWildcard, !months.all.contains(where: { longest[$0 - 1] >= days.all[0] }) {
            throw Malformed(
                text: "“\(text)” never comes: no month of “\(fields[3])” has a day “\(fields[2])”")
        }
    }

    /// The first moment after another one at which it fires, both in seconds since 1970; `nil` where none comes.
    func next(after moment: Int64, zone: TimeZoneRules) -> Int64? {
        hours.isWildcard ? shown(after: moment, zone) : meant(after: moment, zone)
    }

    // MARK: - By the calendar

    /// A Gregorian calendar repeats itself, and February 29 is on a given day of the week every 40 years at the latest.
    private static let horizon: Int64 = 41 * 366

    /// The first day from another one on that it fires on, counted from 1970.
    private func day(from first: Int64) -> Int64? {
        (first...first + Self.horizon).first(where: holds)
    }

    private func holds(_ day: Int64) -> Bool {
        let civil = Civil(seconds: day * 86_400)
        guard months.contains(civil.month) else { return false }
        let isDay = days.contains(civil.day)
        let isWeekday = weekdays.contains(Int(Civil.weekday(day)))
        return days.isWildcard || weekdays.isWildcard ? isDay && isWeekday : isDay || isWeekday
    }

    /// The first moment whose time was meant: every time by the calendar is one moment.
    private func meant(after moment: Int64, _ zone: TimeZoneRules) -> Int64? {
        let local = moment + Int64(zone.offset(at: moment))
        var from = local.flooringQuotient(86_400)
        while let day = day(from: from) {
            for hour in hours.all {
                for minute in minutes.all {
                    let time = day * 86_400 + Int64(hour * 3600 + minute * 60)
                    // Later times are later moments.
                    guard time > local else { continue }
                    let found = Self.moment(of: time, zone)
                    if found > moment { return found }
                }
            }
            from = day + 1
        }
        return nil
    }

    /// When the clocks show a time: the first time, or when they go on where they skip it.
    private static func moment(of local: Int64, _ zone: TimeZoneRules) -> Int64 {
        let day: Int64 = 86_400
        let before = local - Int64(zone.offset(at: local - day))
        let after = local - Int64(zone.offset(at: local + day))
        if let first = [before, after].filter({ $0 + Int64(zone.offset(at: $0)) == local }).min() { return first }
        // They went on at some moment in between.
        var (low, high) = (min(before, after), max(before, after))
        let offset = zone.offset(at: high)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if zone.offset(at: middle) == offset { high = middle } else { low = middle }
        }
        return high
    }

    // MARK: - By the clocks

    /// The first moment at which the clocks show one of its times.
    private func shown(after moment: Int64, _ zone: TimeZoneRules) -> Int64? {
        var now = moment - moment.flooringRemainder(60) + 60
        let end = now + Self.horizon * 86_400
        while now < end {
            let offset = Int64(zone.offset(at: now))
            let local = now + offset
            let today = local.flooringQuotient(86_400)
            guard let day = day(from: today) else { return nil }
            let time = local.flooringRemainder(86_400)
            if day == today, hours.contains(Int(time / 3600)), minutes.contains(Int(time % 3600 / 60)),
                time % 60 == 0
            {
                return now
            }
            // Clocks may be changed until then, by a day at most: the last two days are gone through by minutes of the hour.
            let far = day * 86_400 - offset - 2 * 86_400
            now = max(now + (time % 60 == 0 ? 60 : 60 - time % 60), far)
        }
        return nil
    }
}

extension CronExpression {
    /// One of the five fields.
    private enum Field: String {
        case minute
        case hour
        case day = "day of the month"
        case month
        case weekday = "day of the week"

        struct Values: Sendable, Equatable {
            /// In order; never none.
            let all: [Int]
            /// Whether it begins with an asterisk.
            let isWildcard: Bool

            func contains(_ value: Int) -> Bool { all.contains(value) }
        }

        private var range: ClosedRange<Int> {
            switch self {
            case .minute: 0...59
            case .hour: 0...23
            case .day: 1...31
            case .month: 1...12
            // 7 is Sunday too.
            case .weekday: 0...7
            }
        }

        private var names: [String] {
            switch self {
            case .minute, .hour, .day: []
            case .month:
                ["", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
            case .weekday: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
            }
        }

        func values(_ text: Substring) throws(Malformed) -> Values {
            var found: Set<Int> = []
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                found.formUnion(try values(part: part, of: text))
            }
            if self == .weekday, found.remove(7) != nil { found.insert(0) }
            return Values(all: found.sorted(), isWildcard: text.hasPrefix("*"))
        }

        private func values(part: Substring, of text: Substring) throws(Malformed) -> [Int] {
            let halves = part.split(separator: "/", omittingEmptySubsequences: false)
            guard let span = halves.first, halves.count <= 2 else { throw malformed(part, of: text) }
            var step = 1
            if halves.count == 2 {
                guard let given = number(halves[1]), given > 0, given <= range.upperBound else {
                    throw malformed(part, of: text)
                }
                step = given
            }
            if span == "*" {
                // Sunday is counted once.
                let last = self == .weekday ? 6 : range.upperBound
                return Array(stride(from: range.lowerBound, through: last, by: step))
            }
            let ends = span.split(separator: "-", omittingEmptySubsequences: false)
            guard ends.count <= 2, let begin = value(ends[0]) else { throw malformed(part, of: text) }
            guard ends.count == 2 else {
                // A step without an end goes on to the last, as most readers of such expressions have it.
                return halves.count == 2 ? Array(stride(from: begin, through: range.upperBound, by: step)) : [begin]
            }
            guard var end = value(ends[1]) else { throw malformed(part, of: text) }
            if self == .weekday, end == 0, begin > 0 { end = 7 }
            guard begin <= end else { throw malformed(part, of: text) }
            return Array(stride(from: begin, through: end, by: step))
        }

        private func value(_ text: Substring) -> Int? {
            if let index = names.firstIndex(of: text.lowercased()), !text.isEmpty { return index }
            guard let number = number(text) else { return nil }
            return range.contains(number) ? number : nil
        }

        /// Digits alone.
        private func number(_ text: Substring) -> Int? {
            text.allSatisfy { $0.isASCII && $0.isNumber } ? Int(text) : nil
        }

        private func malformed(_ part: Substring, of text: Substring) -> Malformed {
            let known = names.filter { !$0.isEmpty }
            let words = known.isEmpty ? "" : " or \(known[0]) to \(known[known.count - 1])"
            let place = part == text ? "" : " of “\(text)”"
            return Malformed(
                text:
                    "the \(rawValue) “\(part)”\(place) is not valid: it takes \(range.lowerBound) to \(range.upperBound)\(words), "
                    + "such as 5, 1-5, 1,3 or */2")
        }
    }
}
