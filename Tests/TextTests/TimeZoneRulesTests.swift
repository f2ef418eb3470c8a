import Foundation
import Testing
import Text

/// Time zones as their compiled files say, beside what `date` says of the same moments.
@Suite struct TimeZoneRulesTests {
    private func rules(_ name: String) throws -> TimeZoneRules {
        let bytes = try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(name)"))
        return try #require(TimeZoneRules(Array(bytes)))
    }

    @Test(arguments: [
        // 2026-07-01T12:00Z, 2026-01-01T12:00Z, then both sides of two changes, and a year beyond every table.
        ("Europe/Berlin", 1_782_907_200, 7200), ("Europe/Berlin", 1_767_268_800, 3600),
        ("Europe/Berlin", 1_774_745_999, 3600), ("Europe/Berlin", 1_774_746_000, 7200),
        ("Europe/Berlin", 1_792_889_999, 7200), ("Europe/Berlin", 1_792_890_000, 3600),
        ("Europe/Berlin", 2_540_592_000, 7200), ("Europe/Berlin", 2_524_953_600, 3600),
        ("America/New_York", 1_782_907_200, -14_400), ("Asia/Kolkata", 1_782_907_200, 19_800),
        ("Australia/Sydney", 1_767_268_800, 39_600), ("Australia/Sydney", 2_524_953_600, 39_600),
        ("Australia/Sydney", 2_540_592_000, 36_000), ("UTC", 1_782_907_200, 0), ("Etc/GMT+5", 0, -18_000),
    ])
    func `Clocks are as far from UTC as they are`(zone: String, moment: Int, offset: Int) throws {
        #expect(try rules(zone).offset(at: Int64(moment)) == offset)
    }

    @Test func `What is no such file is refused`() throws {
        #expect(TimeZoneRules([]) == nil && TimeZoneRules(Array("TZif".utf8)) == nil)
        let bytes = Array(try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/Europe/Berlin")))
        for length in stride(from: 0, to: bytes.count - 60, by: 7) {
            _ = TimeZoneRules(Array(bytes.prefix(length)))
        }
        #expect(TimeZoneRules(Array(bytes.prefix(60))) == nil)
    }
}
