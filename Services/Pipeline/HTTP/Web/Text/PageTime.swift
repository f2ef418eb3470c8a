import Contracts

/// What pages show beside `TimeText`; the script writes the same forms as time goes on.
enum PageTime {
    /// The beginning of what still goes on, for the script to count from.
    static func since(_ start: Timestamp?, _ end: Timestamp?) -> String? {
        guard let start, end == nil else { return nil }
        return "\(start.milliseconds)"
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
}
