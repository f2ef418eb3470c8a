import Contracts

/// Times and durations as pages show them; the script writes the same forms as time goes on.
enum PageTime {
    /// `0.4s`, `12s`, `3m 04s`, `2h 05m`.
    static func duration(milliseconds: Int64) -> String {
        let milliseconds = max(0, milliseconds)
        if milliseconds < 9_950 {
            let tenths = (milliseconds + 50) / 100
            return "\(tenths / 10).\(tenths % 10)s"
        }
        let seconds = milliseconds / 1000
        if seconds < 60 { return "\(seconds)s" }
        if seconds < 3600 { return "\(seconds / 60)m \(twoDigits(seconds % 60))s" }
        return "\(seconds / 3600)h \(twoDigits(seconds / 60 % 60))m"
    }

    /// How long it took or has been going; nothing before it begins.
    static func span(_ start: Timestamp?, _ end: Timestamp?, now: Timestamp) -> String {
        guard let start else { return "" }
        return duration(milliseconds: (end ?? now).milliseconds - start.milliseconds)
    }

    /// The beginning of what still goes on, for the script to count from.
    static func since(_ start: Timestamp?, _ end: Timestamp?) -> String? {
        guard let start, end == nil else { return nil }
        return "\(start.milliseconds)"
    }

    /// `now`, `12s ago`, `3m ago`, `5h ago`, `2d ago`, then the date.
    static func ago(_ moment: Timestamp, now: Timestamp) -> String {
        let seconds = (now.milliseconds - moment.milliseconds) / 1000
        switch seconds {
        case ..<5: return "now"
        case ..<60: return "\(seconds)s ago"
        case ..<3600: return "\(seconds / 60)m ago"
        case ..<86_400: return "\(seconds / 3600)h ago"
        case ..<(14 * 86_400): return "\(seconds / 86_400)d ago"
        default: return String(moment.description.prefix(10))
        }
    }

    /// `812 B`, `4.1 kB`, `12 MB`.
    static func size(_ bytes: Int64) -> String {
        switch bytes {
        case ..<1000: "\(bytes) B"
        case ..<10_000: "\(bytes / 1000).\(bytes % 1000 / 100) kB"
        case ..<1_000_000: "\(bytes / 1000) kB"
        case ..<10_000_000: "\(bytes / 1_000_000).\(bytes % 1_000_000 / 100_000) MB"
        default: "\(bytes / 1_000_000) MB"
        }
    }

    private static func twoDigits(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
