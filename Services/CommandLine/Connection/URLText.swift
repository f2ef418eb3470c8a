import Contracts

/// Percent-encoding of what is put into a URL.
enum URLText {
    /// `?a=1&b=2` of the members that have a value.
    static func query(_ members: [(String, String?)]) -> String {
        let pairs = members.compactMap { name, value in value.map { "\(name)=\(PercentCoding.encode($0))" } }
        return pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")
    }
}
