import Contracts
import PipelineLanguage

/// Which repositories somebody sees; those of others do not exist for them.
///
/// Whether a path is one of them takes as many looks as it has parts, however many scopes there are.
struct Visibility: Sendable, Equatable {
    let isAll: Bool
    /// The groups of which it is all that is below them.
    private let below: Set<String>
    /// The groups of which it is just their own repositories.
    private let children: Set<String>
    private let single: Set<String>
    /// What all of their paths, and the keys of what their groups have in common, are between by their bytes; the first is
    /// after the last where there are none.
    let span: (first: String, last: String)

    static let all = Visibility([.all])

    init(_ scopes: [RepositoryScope]) {
        func bases(_ reach: RepositoryScope.Reach) -> Set<String> {
            Set(scopes.lazy.filter { $0.reach == reach }.map(\.base))
        }
        isAll = scopes.contains(.all)
        below = bases(.below)
        children = bases(.children)
        single = bases(.one)
        span = isAll ? ("", "\u{10FFFF}") : Self.span(groups: below.union(children), single)
    }

    private static func span(groups: Set<String>, _ single: Set<String>) -> (first: String, last: String) {
        func isBefore(_ left: String, _ right: String) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }
        // What begins with “shop/” is before “shop0”.
        let firsts = groups.lazy.map { $0 + "/" } + Array(single)
        let lasts = groups.lazy.map { $0 + "0" } + Array(single)
        return (firsts.min(by: isBefore) ?? "0", lasts.max(by: isBefore) ?? "")
    }

    static func == (left: Visibility, right: Visibility) -> Bool {
        left.isAll == right.isAll && left.below == right.below && left.children == right.children
            && left.single == right.single
    }

    func covers(_ path: RepositoryPath) -> Bool {
        if isAll || single.contains(path.rawValue) { return true }
        guard let group = Self.group(of: path.rawValue) else { return false }
        return children.contains(group) || covers(group: group)
    }

    /// Whether it covers all repositories below a group.
    private func covers(group: String) -> Bool {
        if isAll { return true }
        guard !below.isEmpty else { return false }
        var next: String? = group
        while let group = next {
            if below.contains(group) { return true }
            next = Self.group(of: group)
        }
        return false
    }

    /// Whether it covers all of a scope.
    func covers(_ scope: RepositoryScope) -> Bool {
        switch scope.reach {
        case .all: isAll
        case .below: covers(group: scope.base)
        case .children: children.contains(scope.base) || covers(group: scope.base)
        case .one: covers(RepositoryPath(rawValue: scope.base))
        }
    }

    /// Whether it covers where something is, as the audit log has it: a repository, or all of a scope such as `shop/**`.
    func coversPlace(_ place: RepositoryPath) -> Bool { RepositoryScope(place.rawValue).map { covers($0) } ?? false }

    private static func group(of path: String) -> String? {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) }
    }

    /// Whether what is for such repositories may be for one of them.
    func mayCover(_ globs: [String]) -> Bool {
        isAll ? !globs.isEmpty : globs.contains { mayCover(glob: $0) }
    }

    /// Never `false` where it may.
    private func mayCover(glob text: String) -> Bool {
        let plain = text.prefix { !"*?[{\\!".contains($0) }
        if plain.count == text.count { return covers(RepositoryPath(rawValue: text)) }
        let groups = [below, children].joined()
        if groups.contains(where: { plain.hasPrefix($0 + "/") || "\($0)/".hasPrefix(plain) }) { return true }
        let candidates = single.filter { $0.hasPrefix(plain) }
        guard !candidates.isEmpty else { return false }
        do {
            return try candidates.contains(where: Glob(text).matches)
        } catch {
            return false
        }
    }
}
