import Synchronization

/// Where a registry may send its clients for tokens, and with it the login they have for it: to its own host, and to the
/// hosts permitted for it. A registry alone decides what its challenge names.
public struct TokenRealms: Sendable, Hashable {
    /// Registries, each with a host of its token service, both without a port.
    private var permitted: Set<[String]> = [["docker.io", "auth.docker.io"]]

    /// None but a registry's own host, and Docker Hub's.
    public init() {}

    /// - Parameter pairs: such as `registry.example=gitlab.example`.
    /// - Returns: `nil` where one is no such pair.
    public init?(_ pairs: [String]) {
        for pair in pairs {
            let hosts = pair.split(separator: "=", omittingEmptySubsequences: false).map { Self.name(String($0)) }
            guard hosts.count == 2, !hosts.contains("") else { return nil }
            permitted.insert(hosts)
        }
    }

    /// Whether the login of a registry may go to this realm.
    func permit(_ realm: String, for registry: String) -> Bool {
        guard let host = Self.host(of: realm) else { return false }
        return host == Self.name(registry) || permitted.contains([Self.name(registry), host])
    }

    /// Whether a login that a registry at an address gets over TLS is not sent on without it.
    static func isAsSafe(_ realm: String, as address: String) -> Bool {
        realm.hasPrefix("https://") || address.hasPrefix("http://") && realm.hasPrefix("http://")
    }

    /// The host of an address, without its port; `nil` where it may be read in more than one way.
    static func host(of address: String) -> String? {
        guard let scheme = address.firstRange(of: "://") else { return nil }
        let authority = address[scheme.upperBound...].prefix { !"/?#".contains($0) }
        let isPlain = authority.utf8.allSatisfy { byte in
            byte < 0x80 && (Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber)
                || ".-_:[]".utf8.contains(byte)
        }
        let name = name(String(authority))
        return isPlain && !name.isEmpty ? name : nil
    }

    private static func name(_ host: String) -> String {
        let host = host.lowercased()
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return String(host[...end]) }
        return String(host.prefix { $0 != ":" })
    }
}

/// What registries said their token service is, for ten minutes: no image has to wait for it each time.
final class SeenRealms: Sendable {
    private let seen = Mutex<[String: (realm: String?, until: ContinuousClock.Instant)]>([:])

    /// - Returns: `nil` where it is not known; without a realm where the registry has none, or did not answer.
    func realm(of registry: String, at now: ContinuousClock.Instant = .now) -> (
        realm: String?, until: ContinuousClock.Instant
    )? {
        seen.withLock { $0[registry].flatMap { now < $0.until ? $0 : nil } }
    }

    func note(_ realm: String?, of registry: String, at now: ContinuousClock.Instant = .now) {
        seen.withLock { $0[registry] = (realm, now.advanced(by: .seconds(600))) }
    }
}
