import Contracts
import Text

/// Paths and queries of pages.
enum WebPath {
    /// Slashes stay, for they part a repository's path.
    static func encode(_ text: String) -> String { PercentCoding.encode(text, keepingSlash: true) }

    /// `/?repository=shop%2Fweb&state=failure` of the members that have a value.
    static func make(_ path: String, _ members: [(String, String?)]) -> String {
        PercentCoding.address(path, query: members.filter { $0.1?.isEmpty == false })
    }

    /// A place to go after signing in: on this site only, whatever a link says.
    static func local(_ text: String?) -> String {
        guard let text, text.hasPrefix("/"), !text.hasPrefix("//"), !text.contains("\\"),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return "/" }
        return text
    }
}
