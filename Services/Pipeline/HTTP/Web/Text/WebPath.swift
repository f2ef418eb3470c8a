import Contracts

/// Paths and queries of pages.
enum WebPath {
    /// Slashes stay, for they part a repository's path.
    static func encode(_ text: String) -> String { PercentCoding.encode(text, keepingSlash: true) }

    /// `/?repository=shop%2Fweb&state=failure` of the members that have a value.
    static func make(_ path: String, _ members: [(String, String?)]) -> String {
        let pairs = members.compactMap { name, value in
            value.flatMap { $0.isEmpty ? nil : "\(name)=\(PercentCoding.encode($0))" }
        }
        return pairs.isEmpty ? path : path + "?" + pairs.joined(separator: "&")
    }

    /// A place to go after signing in: on this site only, whatever a link says.
    static func local(_ text: String?) -> String {
        guard let text, text.hasPrefix("/"), !text.hasPrefix("//"), !text.contains("\\"),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return "/" }
        return text
    }
}
