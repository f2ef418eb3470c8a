import Contracts
import Foundation
import Testing

@testable import Pipeline

/// The table of rights in the documentation is the one in code.
@Suite struct RightsTableTests {
    private static let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Shared/Slipway.docc/People.md")

    private static var table: String {
        let roles = Role.allCases
        let head = ["to", "where"] + roles.map(\.rawValue) + ["in the audit log as"]
        let rows = Operation.allCases.filter { $0.rule.place != .stages }.map { operation -> [String] in
            let rule = operation.rule
            let place =
                switch rule.place {
                case .repository: "in the repository or group"
                case .platform: "`**`"
                case .anywhere: "anywhere"
                case .own, .stages: "–"
                }
            return [rule.what, place] + roles.map { role in rule.role.map { role >= $0 } ?? true ? "✓" : "" }
                + [rule.isChange ? "`\(operation.rawValue)`" : ""]
        }
        return ([head, head.map { _ in "---" }] + rows).map { "| \($0.joined(separator: " | ")) |" }
            .joined(separator: "\n")
    }

    private static var events: String {
        let rows = AuditEvent.allCases.map { ["`\($0.rawValue)`", $0.what] }
        return ([["in the audit log as", "when"], ["---", "---"]] + rows).map { "| \($0.joined(separator: " | ")) |" }
            .joined(separator: "\n")
    }

    @Test func `The page has what the platform does by itself as the code has it`() throws {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        #expect(
            text.contains("\n\n\(Self.events)\n"),
            "Shared/Slipway.docc/People.md should have this table:\n\(Self.events)")
    }

    /// With `SLIPWAY_RECORD_GOLDEN=1` the page's table is written from the code instead.
    @Test func `The page has the table of the code`() throws {
        var lines = try String(contentsOf: Self.page, encoding: .utf8).components(separatedBy: "\n")
        let heading = try #require(lines.firstIndex(of: "### The rights"))
        let first = try #require(lines[heading...].firstIndex { $0.hasPrefix("|") })
        let end = lines[first...].firstIndex { !$0.hasPrefix("|") } ?? lines.endIndex
        let table = Self.table
        guard ProcessInfo.processInfo.environment["SLIPWAY_RECORD_GOLDEN"] == nil else {
            lines.replaceSubrange(first..<end, with: [table])
            return try lines.joined(separator: "\n").write(to: Self.page, atomically: true, encoding: .utf8)
        }
        #expect(
            lines[first..<end].joined(separator: "\n") == table,
            "write it: SLIPWAY_RECORD_GOLDEN=1 swift test --filter RightsTableTests")
    }
}
