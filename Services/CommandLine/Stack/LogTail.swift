import FoundationEssentials

enum LogTail {
    /// The last lines of a file, safe for a terminal.
    static func lines(of path: String, count: Int) -> [String] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        return String(decoding: data.suffix(16 << 10), as: UTF8.self)
            .split(whereSeparator: \.isNewline).suffix(count).map { PlainText.logLine(String($0), colours: false) }
    }
}
