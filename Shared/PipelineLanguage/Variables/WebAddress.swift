/// The parts of an HTTP address that variables name.
struct WebAddress: Sendable, Hashable {
    var scheme: String
    /// The host's name, of an IPv6 address with its brackets.
    var name: String
    var givenPort: String?
    /// With its leading slash, or empty.
    var path: String

    init?(_ text: String) {
        for scheme in ["https", "http"] where text.hasPrefix("\(scheme)://") {
            let rest = text.dropFirst(scheme.count + 3)
            let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
            // Whoever is named before the host is nobody's business.
            let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
            let colon = host.lastIndex(of: ":").flatMap { host[$0...].contains("]") ? nil : $0 }
            self.scheme = scheme
            name = String(colon.map { host[..<$0] } ?? host)
            givenPort = colon.map { String(host[host.index(after: $0)...]) }?.nonEmpty
            path = String(rest[authority.endIndex...].prefix { $0 != "?" && $0 != "#" })
            guard !name.isEmpty else { return nil }
            return
        }
        return nil
    }

    /// The name with the port that was given.
    var host: String { name + (givenPort.map { ":\($0)" } ?? "") }
    var port: String { givenPort ?? (scheme == "https" ? "443" : "80") }
    /// Without a path.
    var url: String { "\(scheme)://\(host)" }
}
