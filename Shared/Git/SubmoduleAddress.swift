/// Where a submodule is fetched from: the address of `.gitmodules` as an address of the same server that its repository
/// is fetched from, and by the same protocol, so that the same credentials may be sent.
enum SubmoduleAddress {
    /// - Parameters:
    ///   - text: relative (`../lib.git`) or absolute, in any form a developer's git may have.
    ///   - parent: where the repository with this `.gitmodules` comes from.
    /// - Throws: ``GitError/Code/invalid``, also for another server.
    static func resolve(_ text: String, below parent: RemoteAddress) throws(GitError) -> RemoteAddress {
        let isRelative = text.hasPrefix("./") || text.hasPrefix("../")
        let address = try isRelative ? relative(text, to: parent) : absolute(text, like: parent)
        return try RemoteAddress(address, allowsFile: parent.kind == .file)
    }

    /// As git-submodule(1) does it: each `../` takes the last part of the parent's path away.
    private static func relative(_ text: String, to parent: RemoteAddress) throws(GitError) -> String {
        let (base, path) = split(parent)
        var parts = path.split(separator: "/").map(String.init)
        for part in text.split(separator: "/") {
            switch part {
            case ".": continue
            case "..":
                guard parts.popLast() != nil else {
                    throw GitError(.invalid, "“\(text)” leads out of the server of \(parent)")
                }
            default: parts.append(String(part))
            }
        }
        guard !parts.isEmpty else { throw GitError(.invalid, "“\(text)” names no repository beside \(parent)") }
        return base + parts.joined(separator: "/")
    }

    private static func absolute(_ text: String, like parent: RemoteAddress) throws(GitError) -> String {
        let address = try RemoteAddress(withoutUser(text), allowsFile: parent.kind == .file)
        let isSame =
            switch (address.kind, parent.kind) {
            case (.file, .file): true
            case (.http, .http): isSameServer(address, parent)
            // The ports of two protocols say nothing of each other.
            default: address.kind != .file && parent.kind != .file && name(address.host) == name(parent.host)
            }
        guard isSame else {
            throw GitError(
                .invalid,
                "it is on another server (\(address.host)) than its repository (\(parent.host)), whose credentials are "
                    + "not sent there")
        }
        if address.kind == .file { return address.text }
        return split(parent).base + split(address).path.trimmingPrefix { $0 == "/" }
    }

    /// Forges put the name of the user into the address they show; ours is another.
    private static func withoutUser(_ text: String) -> String {
        for scheme in ["https://", "http://"] where text.lowercased().hasPrefix(scheme) {
            let rest = text.dropFirst(scheme.count)
            let authority = rest.prefix { $0 != "/" }
            guard let at = authority.lastIndex(of: "@") else { return text }
            return scheme + rest[rest.index(after: at)...]
        }
        return text
    }

    /// `https` in the place of `http` is the same server where neither names a port.
    private static func isSameServer(_ one: RemoteAddress, _ other: RemoteAddress) -> Bool {
        let ports = [one, other].map { address in
            let port = address.host.split(separator: ":", omittingEmptySubsequences: false).last.flatMap { Int($0) }
            return port ?? (address.text.lowercased().hasPrefix("https:") ? 443 : 80)
        }
        let isDefault = ports.allSatisfy { $0 == 443 || $0 == 80 }
        return name(one.host) == name(other.host) && (ports[0] == ports[1] || isDefault)
    }

    /// A host without its port.
    private static func name(_ host: String) -> Substring {
        if host.hasPrefix("[") { return host.prefix { $0 != "]" } }
        return host.prefix { $0 != ":" }
    }

    /// What an address begins with up to its path, and the path.
    private static func split(_ address: RemoteAddress) -> (base: String, path: Substring) {
        let text = address.text
        if let scheme = text.firstRange(of: "://") {
            let slash = text[scheme.upperBound...].firstIndex(of: "/") ?? text.endIndex
            return ("\(text[..<slash])/", text[slash...].dropFirst())
        }
        if address.kind == .file { return ("/", text.dropFirst()) }
        let colon = text.firstIndex(of: ":") ?? text.endIndex
        return ("\(text[..<colon]):", text[colon...].dropFirst())
    }
}

extension StringProtocol {
    fileprivate func trimmingPrefix(while predicate: (Character) -> Bool) -> String {
        String(drop(while: predicate))
    }
}
