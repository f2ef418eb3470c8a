import FoundationEssentials
import HTTPClient
import Logging
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

    @Test("channels come from a file; one that answered 410 is switched on by its name")
    func channels() async throws {
        let path = "/tmp/slipway-channels-\(UInt64.random(in: 0 ... .max)).json"
        let document = #"[{"name":"ops","preset":"slack","url":"https://chat.example/secret-part","events":["*"]}]"#
        try Data(document.utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let client = HTTPClient(logger: Logger(label: "test"))
        func outlets(_ environment: [String: String]) async throws -> [Outlet] {
            try ChannelRegistry.all(await settings(environment), client: client).map(Outlet.init)
        }
        let environment = [
            "SLIPWAY_CHANNELS_FILE": path, "SLIPWAY_WEBHOOK_URL": "https://a.example/x",
            "SLIPWAY_WEBHOOK_SECRET": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        ]
        let all = try await outlets(environment)
        #expect(all.map(\.endpoint) == ["https://a.example/x", "channel:ops"])
        #expect(all.map(\.label) == ["a.example", "ops"])
        let enabling = try await settings(environment.merging(["SLIPWAY_WEBHOOK_ENABLE": "ops"]) { $1 })
        #expect(try NotifierSettings.enabled(enabling, among: all) == ["channel:ops"])
        let unknown = try await settings(environment.merging(["SLIPWAY_WEBHOOK_ENABLE": "dev"]) { $1 })
        #expect(throws: SettingsError.self) { try NotifierSettings.enabled(unknown, among: all) }
        // Nobody is told, and no secret is asked for.
        #expect(try await outlets([:]).isEmpty)
        try Data(document.replacing("slack", with: "slak").utf8).write(to: URL(filePath: path))
        do {
            _ = try await outlets(environment)
            Issue.record("it was taken")
        } catch {
            #expect("\(error)".contains("SLIPWAY_CHANNELS") && "\(error)".contains("“slak” is no preset"), "\(error)")
            #expect(!"\(error)".contains("secret-part"))
        }
    }
}
