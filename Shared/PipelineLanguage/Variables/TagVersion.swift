/// A tag as a semantic version: `v1.2.3-rc.1+build`, with or without the `v`.
struct SemanticVersion: Sendable, Hashable {
    var major: Int
    var minor: Int
    var patch: Int
    var prerelease: String?
    var build: String?

    /// The three numbers.
    var short: String { "\(major).\(minor).\(patch)" }
    var text: String { short + (prerelease.map { "-\($0)" } ?? "") + (build.map { "+\($0)" } ?? "") }

    init?(_ tag: String) {
        var rest = (tag.hasPrefix("v") ? tag.dropFirst() : tag[...])
        if let plus = rest.firstIndex(of: "+") {
            build = String(rest[rest.index(after: plus)...])
            rest = rest[..<plus]
        }
        if let hyphen = rest.firstIndex(of: "-") {
            prerelease = String(rest[rest.index(after: hyphen)...])
            rest = rest[..<hyphen]
        }
        let numbers = rest.split(separator: ".", omittingEmptySubsequences: false).map(Self.number)
        guard numbers.count == 3, let major = numbers[0], let minor = numbers[1], let patch = numbers[2],
            prerelease.map(Self.isDotted) ?? true, build.map(Self.isDotted) ?? true
        else { return nil }
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    static func number(_ digits: Substring) -> Int? {
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return Int(digits)
    }

    /// Parts of letters, digits and hyphens with dots between them.
    private static func isDotted(_ text: String) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty
                && part.unicodeScalars.allSatisfy {
                    $0.isASCII && ($0.properties.isAlphabetic || $0 == "-" || ("0"..."9").contains($0))
                }
        }
    }
}

/// A tag as a calendar's version: `v2026.11.1-beta`, whose first part is a year of two or four digits.
struct CalendarVersion: Sendable, Hashable {
    var major: String
    var minor: String
    var micro: String?
    var modifier: String?

    var short: String { "\(major).\(minor)" + (micro.map { ".\($0)" } ?? "") }
    var text: String { short + (modifier.map { "-\($0)" } ?? "") }

    init?(_ tag: String) {
        let text = tag.hasPrefix("v") ? tag.dropFirst() : tag[...]
        let parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count > 1, let year = SemanticVersion.number(parts[0]), SemanticVersion.number(parts[1]) != nil,
            // The first year of the scheme, as Drone has it: what is less is another version's number.
            (19...99).contains(year) || (2019...9998).contains(year)
        else { return nil }
        major = String(parts[0])
        minor = String(parts[1])
        guard parts.count > 2 else { return }
        let last = parts[2].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        micro = String(last[0]).nonEmpty
        modifier = last.count > 1 ? String(last[1]).nonEmpty : nil
    }
}
