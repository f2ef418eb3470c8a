import FoundationEssentials
import Testing

/// The pages and files of this repository that are compared with the code. With `SLIPWAY_RECORD_GOLDEN=1` the tables of
/// pages are written from the code instead.
enum Documentation {
    private static func url(_ path: String) -> URL {
        let root = "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(
            separator: "/")
        return URL(filePath: "\(root)/\(path)")
    }

    static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: url(path)), as: UTF8.self)
    }

    private static func path(_ page: String) -> String { "Shared/PipelineLanguage/PipelineLanguage.docc/\(page).md" }

    /// Expects the table under a heading of a page to have these rows.
    static func expect(_ rows: [String], under heading: String, of page: String) throws {
        var lines = try text(path(page)).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let start = try #require(lines.firstIndex(of: heading), "\(page) has no \(heading)")
        let first = try #require(lines[start...].firstIndex { $0.hasPrefix("|") }) + 2
        let end = lines[first...].firstIndex { !$0.hasPrefix("|") } ?? lines.endIndex
        if Golden.isRecording {
            lines.replaceSubrange(first..<end, with: rows)
            try Data(lines.joined(separator: "\n").utf8).write(to: url(path(page)))
            return
        }
        let found = Array(lines[first..<end])
        let missing = rows.filter { !found.contains($0) }
        let wrong = found.filter { !rows.contains($0) }
        #expect(missing == [], "not in \(page).md")
        #expect(wrong == [], "only in \(page).md")
        #expect(found == rows, "in another order in \(page).md")
    }
}
