/// A virtual host of a test's own on the broker of the tests.
public struct VirtualHost: Sendable {
    public let name: String
    /// The broker's URL with this virtual host.
    public let url: String
    public let management: ManagementAPI

    /// Makes a virtual host for the time of `body`, and removes it with all its queues when `body` returns or throws.
    public static func with<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: (VirtualHost) async throws -> Result
    ) async throws -> Result {
        let broker = try TestEnvironment.brokerURL
        let management = ManagementAPI(url: try TestEnvironment.managementURL)
        return try await with(broker: broker, management: management, body)
    }

    /// The same on a broker of one's own.
    public static func with<Result>(
        broker: String, management: ManagementAPI, isolation: isolated (any Actor)? = #isolation,
        _ body: (VirtualHost) async throws -> Result
    ) async throws -> Result {
        let name = "test-\(String(UInt64.random(in: .min ... .max), radix: 36))"
        try await management.send("PUT", "/api/vhosts/\(name)", body: "{}")
        let host = VirtualHost(name: name, url: "\(broker)/\(name)", management: management)
        do {
            let result = try await body(host)
            try await management.send("DELETE", "/api/vhosts/\(name)")
            return result
        } catch {
            // What the test threw says more than that the virtual host could not be removed.
            _ = try? await management.send("DELETE", "/api/vhosts/\(name)")
            throw error
        }
    }
}
