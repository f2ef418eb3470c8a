import DockerEngine

/// What the owner of a builder says of images.
struct ImageRules: Sendable, Hashable {
    /// The images that steps may take from the engine though no registry was asked: patterns in which `*` stands for any
    /// characters.
    var local: [String] = []
    /// The proxies of the commands of image builds, by the build argument: `HTTP_PROXY` and such.
    var proxies: [String: String] = [:]

    /// Whether an image may be the engine's own, by its name with or without the tag.
    func areLocal(_ image: ImageReference) -> Bool {
        image.digest == nil
            && local.contains { pattern in
                Self.matches(image.repository, pattern) || Self.matches("\(image.usual)", pattern)
            }
    }

    /// The pattern that makes an image the engine's own, other than one that stands for all: no job may give its name to
    /// another image, not even for the time of a push.
    func pattern(of image: ImageReference) -> String? {
        local.first { pattern in
            pattern.contains { $0 != "*" }
                && (Self.matches(image.repository, pattern) || Self.matches("\(image.usual)", pattern))
        }
    }

    private static func matches(_ text: String, _ pattern: String) -> Bool {
        let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count > 1, let first = parts.first, let last = parts.last else { return text == pattern }
        guard text.hasPrefix(first), text.hasSuffix(last), text.utf8.count >= first.utf8.count + last.utf8.count else {
            return false
        }
        var rest = text.dropFirst(first.count).dropLast(last.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let found = rest.firstRange(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return true
    }

    /// Whether an engine leaves a build argument of this name out of what it tells layers apart by.
    static func isProxy(_ argument: String) -> Bool {
        ["http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy"].contains(argument.lowercased())
    }
}
