public import Runtime

/// Who a request comes from.
public struct Client: Sendable, Hashable, CustomStringConvertible {
    /// `nil` where not even the connection's other end is known.
    public var address: IPAddress?
    /// Whether it came over HTTPS: by the connection itself, or by a trusted proxy that says so.
    public var isSecure: Bool

    public init(address: IPAddress?, isSecure: Bool = false) {
        self.address = address
        self.isSecure = isSecure
    }

    public var description: String { address.map { "\($0)" } ?? "unknown" }
}

/// The proxies whose word is taken for who a request comes from: `X-Forwarded-For` and `X-Forwarded-Proto`.
///
/// Each proxy adds the address it was asked from behind those that are there, so that the list is true from its end up to
/// what the first trusted proxy adds; what stands before that anybody may have written. The client is therefore the last
/// one that is no trusted proxy. Without trusted proxies it is the connection's other end, whatever the fields say.
public struct TrustedProxies: Sendable, Equatable, CustomStringConvertible {
    private struct Network: Sendable, Equatable {
        var address: IPAddress
        /// Bits of the address that count.
        var prefix: Int

        func contains(_ other: IPAddress) -> Bool {
            guard other.bytes.count == address.bytes.count else { return false }
            return zip(address.bytes, other.bytes).enumerated().allSatisfy { index, pair in
                let bits = min(8, max(0, prefix - 8 * index))
                let mask = UInt8(truncatingIfNeeded: 0xFF00 >> bits)
                return pair.0 & mask == pair.1 & mask
            }
        }
    }

    private let networks: [Network]

    /// - Parameter text: addresses and networks, such as `10.0.0.0/8, 2001:db8::7`.
    /// - Throws: `SettingProblem` that names what is none.
    public init(_ text: String) throws(SettingProblem) {
        var networks: [Network] = []
        for entry in text.split(separator: ",").map(trimmed) where !entry.isEmpty {
            let parts = entry.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count <= 2, let address = IPAddress(parts[0]) else { throw Self.problem(entry) }
            let width = address.bytes.count * 8
            guard let prefix = parts.count == 2 ? Int(parts[1]) : width, (0...width).contains(prefix) else {
                throw Self.problem(entry)
            }
            networks.append(Network(address: address, prefix: prefix))
        }
        self.networks = networks
    }

    /// Nobody's word.
    public static let none = TrustedProxies()

    private init() { networks = [] }

    private static func problem(_ entry: String) -> SettingProblem {
        SettingProblem(
            expected: "a list of addresses and networks such as 10.0.0.0/8,2001:db8::7: “\(entry)” is neither")
    }

    public var description: String { networks.map { "\($0.address)/\($0.prefix)" }.joined(separator: ",") }

    /// Whether it is the address of one.
    public func contains(_ address: IPAddress) -> Bool { networks.contains { $0.contains(address) } }

    /// Who a request comes from.
    /// - Parameters:
    ///   - peer: the connection's other end.
    ///   - isSecure: whether the connection is over TLS, which holds where no trusted proxy says otherwise.
    ///   - field: the values of a header field, in their order.
    public func client(
        peer: IPAddress?, isSecure: Bool = false, field: (_ name: String) -> [String]
    ) -> Client {
        guard let peer, contains(peer) else { return Client(address: peer, isSecure: isSecure) }
        var client = peer
        /// How many proxies have spoken, from the last one on.
        var hops = 0
        for entry in Self.list(field("X-Forwarded-For")).reversed() {
            // Whoever wrote something else than an address: what is before it is worth nothing.
            guard let address = IPAddress(named: entry) else { break }
            client = address
            hops += 1
            guard contains(address) else { break }
        }
        let schemes = Self.list(field("X-Forwarded-Proto"))
        // What the proxy says that the client asked. One that passes on what it was told adds nothing.
        let scheme = schemes.isEmpty ? nil : schemes[max(0, schemes.count - max(1, hops))]
        return Client(address: client, isSecure: scheme.map { $0.lowercased() == "https" } ?? isSecure)
    }

    private static func list(_ values: [String]) -> [String] {
        values.flatMap { $0.split(separator: ",").map(trimmed) }.filter { !$0.isEmpty }
    }
}

extension CommonSettings {
    /// The proxies before a service that people or forges reach.
    public static let trustedProxies = Setting<TrustedProxies>(
        "trusted.proxies",
        "the proxies before this service that are believed who asks (X-Forwarded-For, X-Forwarded-Proto): addresses "
            + "and networks, separated by commas", example: "10.0.0.7,fd00::/8", default: TrustedProxies.none
    ) { text in
        try TrustedProxies(text)
    }
}

/// The text without the white space around it.
private func trimmed(_ text: Substring) -> String {
    var text = text.drop(while: \.isWhitespace)
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
}
