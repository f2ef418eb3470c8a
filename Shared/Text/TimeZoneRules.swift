/// How far a zone's clocks are from UTC at any moment: what a compiled file of the time zone database says (RFC 8536).
public struct TimeZoneRules: Sendable {
    /// From when on, in seconds since 1970, how far east of UTC, in seconds.
    private var transitions: [(from: Int64, offset: Int)] = []
    private var first = 0
    /// What holds after the last of them.
    private var rule: Rule?

    private init() {}

    /// The zone that is nowhere off.
    public static let utc = TimeZoneRules()

    /// - Parameter bytes: A file such as `/usr/share/zoneinfo/Europe/Berlin`.
    /// - Returns: `nil` for anything else.
    public init?(_ bytes: [UInt8]) {
        guard let second = Self.data(bytes[...]), let header = Header(second) else { return nil }
        var reader = Reader(second.dropFirst(Header.length))
        var times: [Int64] = []
        for _ in 0..<header.times {
            guard let time = reader.integer(8) else { return nil }
            times.append(time)
        }
        var kinds: [Int] = []
        for _ in 0..<header.times {
            guard let kind = reader.byte() else { return nil }
            kinds.append(Int(kind))
        }
        var offsets: [Int] = []
        for _ in 0..<header.types {
            guard let offset = reader.integer(4), reader.byte() != nil, reader.byte() != nil else { return nil }
            offsets.append(Int(offset))
        }
        guard let first = offsets.first, kinds.allSatisfy(offsets.indices.contains) else { return nil }
        self.first = first
        transitions = zip(times, kinds).map { ($0, offsets[$1]) }
        let rest = reader.rest.dropFirst(header.characters + header.leaps * 12 + header.standards + header.universals)
        let text = rest.dropFirst().prefix { $0 != UInt8(ascii: "\n") }
        rule = Rule(String(decoding: text, as: UTF8.self))
    }

    /// How far east of UTC its clocks are, in seconds.
    /// - Parameter moment: In seconds since 1970.
    public func offset(at moment: Int64) -> Int {
        if let last = transitions.last, moment >= last.from { return rule?.offset(at: moment) ?? last.offset }
        guard let index = transitions.lastIndex(where: { $0.from <= moment }) else {
            return transitions.isEmpty ? rule?.offset(at: moment) ?? first : first
        }
        return transitions[index].offset
    }

    /// The part with numbers of eight bytes, which is the second one.
    private static func data(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let header = Header(bytes), header.version >= UInt8(ascii: "2") else { return nil }
        let length =
            header.times * 5 + header.types * 6 + header.characters + header.leaps * 8 + header.standards
            + header.universals
        return bytes.dropFirst(Header.length + length)
    }
}

extension TimeZoneRules {
    private struct Header {
        static let length = 44
        var version: UInt8
        var universals, standards, leaps, times, types, characters: Int

        init?(_ bytes: ArraySlice<UInt8>) {
            guard bytes.count >= Self.length, bytes.prefix(4).elementsEqual(Array("TZif".utf8)) else { return nil }
            version = bytes[bytes.startIndex + 4]
            var reader = Reader(bytes.dropFirst(20))
            var counts: [Int] = []
            for _ in 0..<6 {
                guard let count = reader.integer(4), (0...100_000).contains(count) else { return nil }
                counts.append(Int(count))
            }
            (universals, standards, leaps) = (counts[0], counts[1], counts[2])
            (times, types, characters) = (counts[3], counts[4], counts[5])
        }
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>
        init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

        mutating func byte() -> UInt8? { rest.popFirst() }

        /// Big-endian, with a sign.
        mutating func integer(_ length: Int) -> Int64? {
            guard rest.count >= length else { return nil }
            let value = rest.prefix(length).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            rest = rest.dropFirst(length)
            return length == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(truncatingIfNeeded: value)
        }
    }

    /// The last line of the file, such as `CET-1CEST,M3.5.0,M10.5.0/3` (POSIX).
    private struct Rule {
        private var standard: Int
        private var summer: (offset: Int, begin: Day, end: Day)?

        /// A day of a year, and the second of it by the clock that holds until then.
        private enum Day {
            /// The week of the month (5 is the last), and the day of it (0 is Sunday).
            case weekday(month: Int, week: Int, day: Int, time: Int)
            /// From 1, without a February 29.
            case julian(Int, time: Int)
            /// From 0, with it.
            case ordinal(Int, time: Int)
        }

        init?(_ text: String) {
            let parts = text.split(separator: ",", omittingEmptySubsequences: false)
            var rest = parts.first ?? ""
            guard Self.skipName(&rest), let west = Self.time(&rest) else { return nil }
            standard = -west
            guard !rest.isEmpty else { return }
            guard parts.count == 3, Self.skipName(&rest), let begin = Self.day(parts[1]), let end = Self.day(parts[2])
            else { return nil }
            summer = (rest.isEmpty ? standard + 3600 : -(Self.time(&rest) ?? 0), begin, end)
        }

        func offset(at moment: Int64) -> Int {
            guard let summer else { return standard }
            let year = Civil(seconds: moment + Int64(standard)).year
            let begin = Self.start(of: summer.begin, year) - Int64(standard)
            let end = Self.start(of: summer.end, year) - Int64(summer.offset)
            let isSummer = begin < end ? (begin..<end).contains(moment) : !(end..<begin).contains(moment)
            return isSummer ? summer.offset : standard
        }

        private static func start(of day: Day, _ year: Int) -> Int64 {
            switch day {
            case .julian(let number, let time):
                let isLeap = Civil.days(year, 3, 1) - Civil.days(year, 1, 1) == 60
                return (Civil.days(year, 1, 1) + Int64(number - (isLeap && number >= 60 ? 0 : 1))) * 86_400
                    + Int64(time)
            case .ordinal(let number, let time):
                return (Civil.days(year, 1, 1) + Int64(number)) * 86_400 + Int64(time)
            case .weekday(let month, let week, let day, let time):
                let first = Civil.days(year, month, 1)
                let next = month == 12 ? Civil.days(year + 1, 1, 1) : Civil.days(year, month + 1, 1)
                var found = first + (Int64(day) - Civil.weekday(first) + 7) % 7 + Int64(week - 1) * 7
                while found >= next { found -= 7 }
                return found * 86_400 + Int64(time)
            }
        }

        private static func skipName(_ text: inout Substring) -> Bool {
            if text.first == "<" {
                guard let end = text.firstIndex(of: ">") else { return false }
                text = text[text.index(after: end)...]
                return true
            }
            let name = text.prefix(while: \.isLetter)
            text = text.dropFirst(name.count)
            return !name.isEmpty
        }

        /// `[+-]h[:m[:s]]`, in seconds.
        private static func time(_ text: inout Substring) -> Int? {
            let sign = text.first == "-" ? -1 : 1
            if text.first == "-" || text.first == "+" { text = text.dropFirst() }
            let digits = text.prefix { $0.isNumber || $0 == ":" }
            text = text.dropFirst(digits.count)
            let numbers = digits.split(separator: ":").map { Int($0) ?? 0 }
            guard let hours = numbers.first else { return nil }
            return sign
                * (hours * 3600 + (numbers.count > 1 ? numbers[1] * 60 : 0) + (numbers.count > 2 ? numbers[2] : 0))
        }

        private static func day(_ text: Substring) -> Day? {
            let halves = text.split(separator: "/", maxSplits: 1)
            guard var rest = halves.first else { return nil }
            var time = 7200
            if halves.count == 2 {
                var given = halves[1]
                time = Self.time(&given) ?? time
            }
            switch rest.first {
            case "M":
                let numbers = rest.dropFirst().split(separator: ".").compactMap { Int($0) }
                guard numbers.count == 3, (1...12).contains(numbers[0]), (1...5).contains(numbers[1]),
                    (0...6).contains(numbers[2])
                else { return nil }
                return .weekday(month: numbers[0], week: numbers[1], day: numbers[2], time: time)
            case "J":
                rest = rest.dropFirst()
                return Int(rest).map { .julian($0, time: time) }
            default: return Int(rest).map { .ordinal($0, time: time) }
            }
        }
    }
}

/// The days of the Gregorian calendar, counted from 1970-01-01.
/// https://howardhinnant.github.io/date_algorithms.html
public struct Civil: Sendable, Equatable {
    public var year, month, day: Int

    public init(seconds: Int64) {
        let days = seconds >= 0 ? seconds / 86_400 : -((86_399 - seconds) / 86_400)
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
        month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
        year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
    }

    public static func days(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
        let year = Int64(month <= 2 ? year - 1 : year)
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let shiftedMonth = Int64(month > 2 ? month - 3 : month + 9)
        let dayOfYear = (153 * shiftedMonth + 2) / 5 + Int64(day) - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// Of a day, 0 is Sunday.
    public static func weekday(_ days: Int64) -> Int64 { ((days + 4) % 7 + 7) % 7 }
}
