/// An address that Git fetches from: `http(s)://host/…`, `ssh://host/…`, `user@host:path` or a path of the local file
/// system. It holds no password, also not in a query, and is not taken for an option or a command.
public struct CloneURL: Sendable, Hashable {
    public enum Kind: Sendable, Hashable { case http, ssh, file }

    /// Why a text is no such address.
    public struct Refusal: Error, Sendable, Equatable, CustomStringConvertible {
        public let description: String
    }

    public let text: String
    public let kind: Kind
    /// The server, such as `git.example` or `git.example:8443`, without a port that is the protocol's own; empty for a path.
    public let host: String

    /// - Parameter text: `https://…`, `ssh://…`, `user@host:path`, `file://…` or an absolute path.
    /// - Throws: ``Refusal`` with what is wrong with it.
    public init(_ text: String) throws(Refusal) {
        self.text = text
        guard !text.isEmpty, text.utf8.count <= 2048, !text.unicodeScalars.contains(where: Self.isUnseen) else {
            throw Refusal(
                description: "a repository's address has 1 to 2048 characters, no spaces or control characters")
        }
        guard !text.hasPrefix("-") else { throw Refusal(description: "an address does not begin with “-”") }
        if let separator = text.firstRange(of: "://") {
            (kind, host) = try Self.read(
                scheme: text[..<separator.lowerBound].lowercased(), rest: text[separator.upperBound...])
        } else if text.hasPrefix("/") {
            (kind, host) = (.file, "")
        } else {
            // `user@host:path`, but not `ext::command` or `transport::address`.
            guard let colon = text.firstIndex(of: ":"), !text[colon...].hasPrefix("::"),
                !text[..<colon].contains("/"), let at = text[..<colon].lastIndex(of: "@"),
                !text[text.index(after: at)...].hasPrefix("-"), text.index(after: at) != colon
            else {
                throw Refusal(
                    description: "“\(Self.shown(text))” is not an address such as https://git.example/shop/web.git")
            }
            (kind, host) = (.ssh, text[text.index(after: at)..<colon].lowercased())
        }
    }

    /// Its ``host`` without the port, which is another one for another protocol.
    public var hostName: String {
        // An IPv6 address has colons in its brackets.
        guard let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") else { return host }
        return String(host[..<colon])
    }

    /// What the server has before a repository's path in this address, such as `/gitlab` where it serves others beside it;
    /// empty where the path is the whole. `nil` where the address, with or without `.git`, is not of the repository.
    public func base(of repository: RepositoryPath) -> String? {
        var path = text[...]
        if let separator = text.firstRange(of: "://") {
            path = text[separator.upperBound...].drop { $0 != "/" }
        } else if kind == .ssh {
            path = "/" + text[text.index(after: text.firstIndex(of: ":") ?? text.startIndex)...]
        }
        for ending in ["", ".git"] where path.hasSuffix("/\(repository)\(ending)") {
            return String(path.dropLast("/\(repository)\(ending)".count))
        }
        return nil
    }

    /// Whether a text is such an address.
    public static func isUsable(_ text: String) -> Bool { (try? CloneURL(text)) != nil }

    private static func read(scheme: String, rest: Substring) throws(Refusal) -> (Kind, host: String) {
        if scheme == "file" { return (.file, "") }
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let at = authority.lastIndex(of: "@")
        let user = at.map { authority[..<$0] }
        let host = at.map { authority[authority.index(after: $0)...] } ?? authority
        let kind: Kind
        let standardPort: String
        switch scheme {
        case "http", "https":
            kind = .http
            standardPort = scheme == "http" ? ":80" : ":443"
            guard user == nil else {
                throw Refusal(
                    description: "the address of \(host) has a user in it; give user and token apart from the address")
            }
            guard !rest.contains("?"), !rest.contains("#") else {
                throw Refusal(
                    description: "the address of \(host) has a query in it; give the token apart from the address")
            }
        case "ssh":
            kind = .ssh
            standardPort = ":22"
            guard user?.contains(":") != true else {
                throw Refusal(description: "the address of \(host) has a password in it")
            }
        default:
            throw Refusal(description: "the protocol “\(shown(scheme))” is not supported; use https, http or ssh")
        }
        guard !host.isEmpty, !host.hasPrefix("-") else {
            throw Refusal(description: "“\(shown("\(scheme)://\(rest)"))” names no host")
        }
        let isStandard = host.hasSuffix(standardPort) && host.count > standardPort.count
        return (kind, host.dropLast(isStandard ? standardPort.count : 0).lowercased())
    }

    /// Without what may be a user and a password.
    private static func shown(_ text: String) -> String {
        text.lastIndex(of: "@").map { "…\(text[$0...])" } ?? text
    }

    /// What is not seen where a person reads an address, or turns it around.
    private static func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace
            || [.control, .format, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
    }
}
