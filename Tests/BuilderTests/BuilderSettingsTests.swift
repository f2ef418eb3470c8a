import Runtime
import Testing

@testable import Builder

@Suite struct BuilderSettingsTests {
    private func labels(_ text: String) async throws -> [String] {
        try await Settings(arguments: [], environment: ["SLIPWAY_LABELS": text]).value(BuilderSettings.labels)
    }

    @Test func stepsRunAsUsersThatNobodyElseHasAndOfRootsBuilderAlone() throws {
        let free: ClosedRange<UInt32> = 3_000_000_000...3_000_000_001
        #expect(throws: Never.self) { try Builder.check(free, capacity: 2, isRoot: true) }
        for (range, capacity, isRoot, words) in [
            (free, 2, false, "only root may run steps as other users"), (free, 3, true, "has 2 users for 3 jobs"),
            (0...9, 2, true, "the user 0 is root of this machine"),
        ] {
            let error = #expect(throws: SettingsError.self) {
                try Builder.check(range, capacity: capacity, isRoot: isRoot)
            }
            #expect(error?.message.contains(words) == true, "\(words)")
        }
    }

    /// A blank within one would have jobs wait for a label that nobody has.
    @Test func aLabelMayHaveBlanksAroundItAndNoneWithin() async throws {
        #expect(try await labels(" linux , disk=ssd ") == ["linux", "disk=ssd"])
        for text in ["two words", "a, b c", ",", "ä"] {
            let error = await #expect(throws: SettingsError.self) { try await labels(text) }
            #expect(error.map { "\($0)" }?.contains("words such as linux,large") == true)
        }
    }
}
