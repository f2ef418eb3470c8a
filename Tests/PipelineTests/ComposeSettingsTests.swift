import Foundation
import Runtime
import Testing

@testable import Pipeline

/// Compose gives the platform what is set for it.
@Suite struct ComposeSettingsTests {
    /// What compose decides by itself, or has the front door and the keys' own service for.
    private static let given: Set = [
        "SLIPWAY_DATA", "SLIPWAY_SEAL_KEYS", "SLIPWAY_MIRROR_KEY", "SLIPWAY_HOOK_KEY", "SLIPWAY_TLS_CERTIFICATE_FILE",
        "SLIPWAY_TLS_KEY_FILE", "SLIPWAY_LOG_BROKER_URL",
    ]

    @Test func `Every setting of pipeline can be set`() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Compose/compose.yaml")
        let text = try String(contentsOf: file, encoding: .utf8)
        let service = try #require(
            text.components(separatedBy: "\n  pipeline:\n").last?.components(separatedBy: "\n  builder:\n").first)
        for setting in PipelineSettings.all where !Self.given.contains(setting.variable) {
            #expect(
                service.contains("\n      \(setting.variable):")
                    || service.contains("\n      \(setting.variable)_FILE:"),
                "compose's pipeline is given no \(setting.variable)")
        }
    }
}
