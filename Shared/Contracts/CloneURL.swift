/// Addresses Git fetches from.
public enum CloneURL {
    /// Whether this is such an address, says no credentials, and is not taken for an option.
    public static func isUsable(_ text: String) -> Bool {
        guard !text.isEmpty, !text.hasPrefix("-"), !text.unicodeScalars.contains(where: isBlank) else { return false }
        let parts = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            // A path of this machine, or `git@host:path`.
            return text.hasPrefix("/") || (text.contains("@") && text.contains(":"))
        }
        let authority = parts[1].prefix { $0 != "/" }
        switch parts[0] {
        case "ssh": return !authority.isEmpty
        case "http", "https", "git": return !authority.isEmpty && !authority.contains("@")
        case "file": return true
        default: return false
        }
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || scalar.properties.generalCategory == .control
    }
}
