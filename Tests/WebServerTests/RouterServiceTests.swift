import Hummingbird
import Logging
import Runtime
import TestSupport
import Testing

@testable import WebServer

@Suite struct RouterServiceTests {
    private static let setting = Setting<ListenAddress>.listen(
        "listen", "where it is served", default: ListenAddress(host: "127.0.0.1", port: 8082))

    @Test(.timeLimit(.minutes(1))) func `A port that is taken names the setting and what to do`() async throws {
        let port = try LoopbackPort.free()
        let address = ListenAddress(host: "127.0.0.1", port: port)
        let (served, continuation) = AsyncStream.makeStream(of: Void.self)
        let first = RouterService(
            Router(), on: address, setting: Self.setting, logger: Logger(label: "test"),
            served: { continuation.finish() })
        async let _ = first.run()
        for await _ in served {}
        let second = RouterService(Router(), on: address, setting: Self.setting, logger: Logger(label: "test"))
        let error = await #expect(throws: SettingsError.self) { try await second.run() }
        #expect(error?.setting == "SLIPWAY_LISTEN")
        #expect(error?.message == "cannot listen on \(address): Address already in use")
        #expect(error?.remedy.contains("SLIPWAY_LISTEN") == true)
    }

    @Test func `An address of another machine is told in the same way`() async throws {
        let service = RouterService(
            Router(), on: ListenAddress(host: "192.0.2.7", port: 1), setting: Self.setting,
            logger: Logger(label: "test"))
        let error = await #expect(throws: SettingsError.self) { try await service.run() }
        #expect(error?.message == "cannot listen on 192.0.2.7:1: Cannot assign requested address")
    }
}
