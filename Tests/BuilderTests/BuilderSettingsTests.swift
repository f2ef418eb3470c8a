import Runtime
import Testing

@testable import Builder

@Suite struct BuilderSettingsTests {
    private func labels(_ text: String) async throws -> [String] {
        try await Settings(arguments: [], environment: ["SLIPWAY_LABELS": text]).value(BuilderSettings.labels)
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
