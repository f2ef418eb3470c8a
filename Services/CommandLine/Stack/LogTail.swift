import FoundationEssentials
import Text

enum LogTail {
    /// The last lines of a file, safe for a terminal.
    static func lines(of path: String, count: Int) -> [String] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        return UTF8Boundary.suffix(data, bytes: 16 << 10)
            .split(whereSeparator: \.endsLine).suffix(count).map { PlainText.logLine(String($0), colours: false) }
    }
}
