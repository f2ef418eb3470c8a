import Contracts
import FoundationEssentials
import HTTPClient
import SystemPackage
import TestSupport
import Testing

/// The platform seals what is stored with a new key while it is killed.
@Suite struct ResealTests {
    private static func key(_ id: String) -> String {
        "\(id):" + Data((0..<32).map { _ in UInt8.random(in: .min ... .max) }).base64EncodedString()
    }

    private static let count = 600

    @Test func `Sealing anew that is killed midway loses nothing`() async throws {
        try await VirtualHost.with { host in
            try await withTemporaryDirectory { directory in
                let (first, second, third) = (Self.key("k1"), Self.key("k2"), Self.key("k3"))
                func with(_ keys: String, _ body: (ServiceProcess, PlatformClient) async throws -> Void) async throws {
                    let (port, admin) = (try LoopbackPort.free(), try LoopbackPort.free())
                    let process = ServiceProcess(
                        name: "pipeline",
                        environment: [
                            "PATH": "/usr/bin:/bin", "SLIPWAY_ADMIN_LISTEN": "127.0.0.1:\(admin)",
                            "SLIPWAY_LISTEN": "127.0.0.1:\(port)", "SLIPWAY_DATA": directory.appending("data").string,
                            "SLIPWAY_BROKER_URL": host.url, "SLIPWAY_SEAL_KEYS": keys,
                            "SLIPWAY_HOOK_KEY": String(first.dropFirst(3)),
                            "SLIPWAY_MIRROR_KEY": String(second.dropFirst(3)),
                            "SLIPWAY_TEST_RUN": TestEnvironment.optional("SLIPWAY_TEST_RUN") ?? "",
                        ], log: directory.appending("pipeline.log"))
                    let client = PlatformClient(
                        server: "http://127.0.0.1:\(port)", gateway: "http://127.0.0.1:\(port)")
                    try await process.start()
                    do {
                        try await eventually(within: .seconds(30), "pipeline serves") {
                            try await client.status("http://127.0.0.1:\(port)/api/v1/keys") == 401
                        }
                        client.signIn(token: try await process.token(named: "test"))
                        try await body(process, client)
                    } catch {
                        let log = await process.tail(20)
                        try? await process.kill()
                        throw TestFailure("\(error)\n\(log)")
                    }
                }
                func stored(_ client: PlatformClient) async throws -> [String: Int] {
                    let page: Page<KeyView> = try await client.send(.get, "keys").decode()
                    return Dictionary(uniqueKeysWithValues: page.items.map { ($0.id, $0.stored) })
                }

                try await with(first) { process, client in
                    for number in 1...Self.count {
                        let answer = try await client.send(
                            .put, "secrets/s\(number)", SecretRequest(value: "value \(number)"))
                        guard answer.status == 201 || answer.status == 200 else { throw TestFailure(answer.text) }
                    }
                    #expect(try await stored(client) == ["k1": Self.count])
                    try await process.stop()
                }
                // Whatever it has done by then.
                for _ in 1...3 {
                    try await with("\(second),\(first)") { process, client in
                        let now = try await stored(client)
                        #expect((now["k1"] ?? 0) + (now["k2"] ?? 0) == Self.count)
                        try await process.kill()
                    }
                }
                try await with("\(second),\(first)") { process, client in
                    try await eventually(within: .seconds(30), "all is sealed with the new key") {
                        try await stored(client) == ["k2": Self.count, "k1": 0]
                    }
                    try await process.stop()
                }
                // All of it opens with the new key alone, else it could not be sealed with the next.
                try await with("\(third),\(second)") { process, client in
                    try await eventually(within: .seconds(30), "all is sealed with the third key") {
                        try await stored(client) == ["k3": Self.count, "k2": 0]
                    }
                    try await process.stop()
                }
            }
        }
    }
}
