/// Times and durations as people read them, in the terminal and on pages alike.
public enum TimeText {
    /// `0.4s`, `12s`, `3m 04s`, `2h 05m`.
    public static func duration(milliseconds: Int64) -> String {
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

    /// How long something took or has been going, or `nil` if it has not begun.
    public static func span(from start: Timestamp?, to end: Timestamp?, now: Timestamp) -> String? {
        guard let start else { return nil }
        return duration(milliseconds: (end ?? now).milliseconds - start.milliseconds)
    }

    /// `now`, `12s ago`, `3m ago`, `5h ago`, `2d ago`, then the date.
    public static func ago(_ moment: Timestamp, now: Timestamp) -> String {
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

    private static func twoDigits(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
