import Runtime
import Testing

@testable import WebServer

@Suite("Who a request comes from")
struct TrustedProxiesTests {
    private func client(
        _ trusted: String, from peer: String?, _ forwarded: [String] = [], proto: [String] = []
    ) throws -> Client {
        try TrustedProxies(trusted).client(peer: peer.flatMap { IPAddress($0) }) { name in
            name == "X-Forwarded-For" ? forwarded : name == "X-Forwarded-Proto" ? proto : []
        }
    }

    @Test(
        "the last address that is no trusted proxy's",
        arguments: [
            // Nobody is trusted: the fields say nothing.
            ("", "203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
            // The peer is none of those who are.
            ("10.0.0.0/8", "203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
            ("10.0.0.0/8", "10.1.2.3", ["198.51.100.1"], "198.51.100.1"),
            // What the client itself wrote before is not believed.
            ("10.0.0.0/8", "10.1.2.3", ["192.0.2.66, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.0/8", "10.1.2.3", ["10.9.9.9, 198.51.100.1"], "198.51.100.1"),
            // Two proxies, in one field or in two.
            ("10.0.0.0/8", "10.1.2.3", ["192.0.2.66, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
            ("10.0.0.0/8", "10.1.2.3", ["192.0.2.66", "198.51.100.1", "10.0.0.2"], "198.51.100.1"),
            // Only proxies have asked.
            ("10.0.0.0/8", "10.1.2.3", ["10.0.0.2"], "10.0.0.2"),
            ("10.0.0.0/8", "10.1.2.3", [], "10.1.2.3"),
            // What is no address ends it.
            ("10.0.0.0/8", "10.1.2.3", ["198.51.100.1, unknown, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.0/8", "10.1.2.3", ["198.51.100.1, 10.0.0.300"], "10.1.2.3"),
            ("10.0.0.0/8", "10.1.2.3", ["<script>"], "10.1.2.3"),
            // Ports, and IPv6 in its forms.
            ("10.0.0.0/8", "10.1.2.3", ["198.51.100.1:4711"], "198.51.100.1"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", ["[2001:DB8::7]:443"], "2001:db8::7"),
            ("2001:db8:1::/48,::1", "::1", ["2001:db8:2::5, 2001:db8:1::9"], "2001:db8:2::5"),
            ("2001:db8:1::/47", "2001:db8:1::1", ["2001:db8:2::5"], "2001:db8:2::5"),
            ("10.0.0.7", "10.0.0.8", ["198.51.100.1"], "10.0.0.8"),
            ("0.0.0.0/0", "10.0.0.8", ["198.51.100.1"], "198.51.100.1"),
            ("10.128.0.0/9", "10.127.0.1", ["198.51.100.1"], "10.127.0.1"),
        ] as [(String, String, [String], String)])
    func address(_ trusted: String, _ peer: String, _ forwarded: [String], _ expected: String) throws {
        #expect(try client(trusted, from: peer, forwarded).description == expected)
    }

    @Test(
        "the scheme the client asked with, and not one that it wrote itself",
        arguments: [
            ("10.0.0.0/8", [], ["https"], true),
            ("10.0.0.0/8", ["198.51.100.1"], ["https"], true),
            ("10.0.0.0/8", ["198.51.100.1"], ["HTTPS"], true),
            ("10.0.0.0/8", ["198.51.100.1"], ["http"], false),
            ("10.0.0.0/8", ["198.51.100.1"], [], false),
            ("", ["198.51.100.1"], ["https"], false),
            // The proxy adds what it saw behind what the client wrote.
            ("10.0.0.0/8", ["198.51.100.1"], ["https", "http"], false),
            // TLS ends at the first of two proxies; the second one adds, or passes on.
            ("10.0.0.0/8", ["198.51.100.1, 10.0.0.2"], ["https, http"], true),
            ("10.0.0.0/8", ["198.51.100.1, 10.0.0.2"], ["https"], true),
            ("10.0.0.0/8", ["198.51.100.1, 10.0.0.2"], ["https", "http", "http"], false),
        ] as [(String, [String], [String], Bool)])
    func scheme(_ trusted: String, _ forwarded: [String], _ proto: [String], _ expected: Bool) throws {
        #expect(try client(trusted, from: "10.1.2.3", forwarded, proto: proto).isSecure == expected)
    }

    @Test("a connection whose other end is not known")
    func unknown() throws {
        #expect(try client("0.0.0.0/0", from: nil, ["198.51.100.1"]).description == "unknown")
    }

    @Test(
        "what is no network is named",
        arguments: ["10.0.0.0/33", "10.0.0/8", "proxy.example", "::1/129", "1.2.3.4/"])
    func malformed(_ text: String) async throws {
        let settings = try await Settings(arguments: [], environment: ["SLIPWAY_TRUSTED_PROXIES": "10.0.0.1, \(text)"])
        let error = try #require(throws: SettingsError.self) { try settings.value(CommonSettings.trustedProxies) }
        #expect(error.message.contains("“\(text)” is neither"), "\(error)")
        #expect(error.message.contains("SLIPWAY_TRUSTED_PROXIES"))
    }

    @Test("an empty entry is none, as where compose puts two lists together")
    func empty() throws {
        #expect(try TrustedProxies("10.0.0.7,") == TrustedProxies("10.0.0.7"))
    }
}
