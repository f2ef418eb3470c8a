/// Times such as `90s`, `10m`, `1h 30m` or `2 days`.
enum DurationText {
    /// Seconds, or `nil` for a text that is no time. A bare number is seconds.
    static func seconds(_ text: String) -> Int? {
        var rest = Substring(text.lowercased()).utf8
        var total = 0
        var isFirst = true
        while !rest.isEmpty {
            rest = rest.drop { $0 == UInt8(ascii: " ") }
            if rest.isEmpty { break }
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard !digits.isEmpty, let number = Int(Substring(digits)) else { return nil }
            rest = rest[digits.endIndex...].drop { $0 == UInt8(ascii: " ") }
            let word = rest.prefix { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
            rest = rest[word.endIndex...]
            let unit: Int
            switch String(Substring(word)) {
            case "" where isFirst && rest.isEmpty: unit = 1
            case "s", "sec", "secs", "second", "seconds": unit = 1
            case "m", "min", "mins", "minute", "minutes": unit = 60
            case "h", "hr", "hrs", "hour", "hours": unit = 3600
            case "d", "day", "days": unit = 86400
            case "w", "week", "weeks": unit = 604_800
            default: return nil
            }
            let (product, overflows) = number.multipliedReportingOverflow(by: unit)
            let (sum, overflowsToo) = total.addingReportingOverflow(product)
            guard !overflows, !overflowsToo, sum <= 3_153_600_000 else { return nil }
            total = sum
            isFirst = false
        }
        return isFirst ? nil : total
    }
}

/// Sizes such as `512m`, `1.5g` or `2GiB`, in powers of 1024.
enum SizeText {
    /// Bytes, or `nil` for a text that is no size. A bare number is bytes.
    static func bytes(_ text: String) -> Int64? {
        let lowered = text.lowercased()
        let digits = lowered.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let number = Double(digits), number >= 0 else { return nil }
        let unit: Double
        switch lowered.dropFirst(digits.count).drop(while: { $0 == " " }) {
        case "", "b": unit = 1
        case "k", "kb", "kib", "ki": unit = 1024
        case "m", "mb", "mib", "mi": unit = 1024 * 1024
        case "g", "gb", "gib", "gi": unit = 1024 * 1024 * 1024
        case "t", "tb", "tib", "ti": unit = 1024 * 1024 * 1024 * 1024
        default: return nil
        }
        let bytes = (number * unit).rounded()
        return bytes < 1e18 ? Int64(bytes) : nil
    }
}
