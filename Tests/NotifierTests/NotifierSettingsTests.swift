import Runtime
import Testing

@testable import Notifier

@Suite("Settings of the notifier")
struct NotifierSettingsTests {
    private func settings(_ environment: [String: String]) async throws -> Settings {
        try await Settings(arguments: ["notifier"], environment: environment)
    }

    @Test("addresses come from both settings, each once")
    func endpoints() async throws {
        let settings = try await settings([
            "SLIPWAY_WEBHOOK_URLS": "https://a.example/x, https://b.example",
            "SLIPWAY_WEBHOOK_URL": "https://a.example/x",
        ])
        #expect(try NotifierSettings.endpoints(settings) == ["https://a.example/x", "https://b.example"])
        #expect(try NotifierSettings.endpoints(await self.settings([:])).isEmpty)
    }

    @Test(
        "an address that cannot be posted to is refused at the start, without showing it", arguments: ["URL", "URLS"])
    func refused(_ name: String) async throws {
        for address in ["chat.example/secret", "ftp://chat.example/secret", "https://user:secret@chat.example"] {
            let settings = try await settings(["SLIPWAY_WEBHOOK_\(name)": address])
            do {
                _ = try NotifierSettings.endpoints(settings)
                Issue.record("\(address) was taken")
            } catch {
                #expect("\(error)".contains("SLIPWAY_WEBHOOK_\(name)"))
                #expect(!"\(error)".contains("secret"))
            }
        }
    }
}
