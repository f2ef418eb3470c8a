/// What an environment may be called, in pipelines and on the platform: what forges allow, such as `production`, `review/42`
/// and `Live shop`.
public enum EnvironmentName {
    /// What to write instead.
    public static let remedy = "use letters, digits, “_”, “-”, “.”, “/” and blanks between them, 100 bytes at most"

    /// - Returns: What is wrong with a name; `nil` where nothing is.
    public static func problem(_ name: String) -> String? {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        let isGood = (1...100).contains(name.utf8.count) && parts.allSatisfy(isPart)
        return isGood ? nil : "“\(name)” is no name of an environment"
    }

    private static func isPart(_ part: Substring) -> Bool {
        !part.isEmpty && part != "." && part != ".." && part.first != " " && part.last != " "
            && part.allSatisfy { $0.isLetter || $0.isNumber || " _-.".contains($0) }
    }
}
