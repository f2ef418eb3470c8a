import Contracts

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
            case (.http, .http): address.isSameServer(as: parent, orPlain: true)
            // The ports of two protocols say nothing of each other.
            default: address.kind != .file && parent.kind != .file && name(address.host) == name(parent.host)
            }
        guard isSame else {
            throw GitError(
                .invalid,
                "it is on another server (\(address.host)) than its repository (\(parent.host)), whose credentials are "
                    + "not sent there; keep a copy of it beside its repository, or write “update = none” for it in "
                    + ".gitmodules and let a step fetch it with git submodule update --init --checkout")
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

    /// A host without its port.
    static func name(_ host: String) -> Substring {
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

extension RemoteAddress {
    /// Whether both are addresses of one HTTP server. `https` in the place of `http` is the same where neither names a
    /// port.
    /// - Parameter isPlainToo: whether also `http` is the same in the place of `https`.
    func isSameServer(as other: RemoteAddress, orPlain isPlainToo: Bool = false) -> Bool {
        guard kind == .http, other.kind == .http,
            SubmoduleAddress.name(host) == SubmoduleAddress.name(other.host)
        else { return false }
        if isEncrypted == other.isEncrypted { return port == other.port }
        return (isEncrypted || isPlainToo) && Set([port, other.port]) == [80, 443]
    }

    private var isEncrypted: Bool { text.lowercased().hasPrefix("https:") }

    private var port: Int {
        let digits = host.split(separator: ":", omittingEmptySubsequences: false).last.flatMap { Int($0) }
        return digits ?? (isEncrypted ? 443 : 80)
    }
}

extension StringProtocol {
    fileprivate func trimmingPrefix(while predicate: (Character) -> Bool) -> String {
        String(drop(while: predicate))
    }
}
