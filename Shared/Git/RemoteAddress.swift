/// Where a repository is fetched from: an address that was looked at before Git sees it.
public struct RemoteAddress: Sendable, Hashable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable { case http, ssh, file }

    public let text: String
    public let kind: Kind
    /// The server, such as `git.example` or `git.example:8443`; for a path, the words for this machine.
    public let host: String

    /// - Parameter allowsFile: whether a path or a `file://` address is taken. Never where others choose addresses.
    /// - Throws: ``GitError/Code/invalid`` for anything but `http(s)://host/…`, `ssh://host/…` and `user@host:path`,
    ///   or an address that carries a password.
    public init(_ text: String, allowsFile: Bool = false) throws(GitError) {
        self.text = text
        guard !text.isEmpty, text.utf8.count <= 2048, text.utf8.allSatisfy({ $0 > 32 && $0 != 127 }) else {
            throw GitError(.invalid, "a repository's address has 1 to 2048 characters, none of them blank")
        }
        guard !text.hasPrefix("-") else { throw GitError(.invalid, "an address does not begin with “-”") }
        if let separator = text.firstRange(of: "://") {
            let rest = text[separator.upperBound...]
            let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
            let userInfo = authority.lastIndex(of: "@").map { authority[..<$0] }
            let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
            switch text[..<separator.lowerBound].lowercased() {
            case "http", "https":
                kind = .http
                guard userInfo == nil else {
                    throw GitError(
                        .invalid, "the address of \(host) has a user in it; give user and token apart from the address")
                }
            case "ssh":
                kind = .ssh
                guard userInfo?.contains(":") != true else {
                    throw GitError(.invalid, "the address of \(host) has a password in it")
                }
            case "file":
                kind = .file
                guard allowsFile else { throw Self.fileRefused }
                self.host = Self.localHost
                return
            case let scheme:
                throw GitError(.invalid, "“\(scheme)” is no protocol to fetch with; use https, http or ssh")
            }
            guard !host.isEmpty, !host.hasPrefix("-") else { throw GitError(.invalid, "“\(text)” names no host") }
            self.host = host.lowercased()
            return
        }
        if text.hasPrefix("/") {
            kind = .file
            guard allowsFile else { throw Self.fileRefused }
            host = Self.localHost
            return
        }
        // `user@host:path`, but not `ext::command` or `transport::address`.
        guard let colon = text.firstIndex(of: ":"), !text[colon...].hasPrefix("::"),
            !text[..<colon].contains("/"), let at = text[..<colon].lastIndex(of: "@"),
            !text[text.index(after: at)...].hasPrefix("-"), text.index(after: at) != colon
        else { throw GitError(.invalid, "“\(text)” is no address such as https://git.example/shop/web.git") }
        kind = .ssh
        host = text[text.index(after: at)..<colon].lowercased()
    }

    private static let localHost = "the local file system"

    public var description: String { text }

    private static var fileRefused: GitError {
        GitError(.invalid, "repositories of the local file system are not allowed here")
    }
}
