import Contracts

/// Where a role holds: all repositories and the platform itself, those of a group, or one. No other patterns, so that what
/// somebody sees is looked up by a path and its groups.
struct RepositoryScope: Sendable, Hashable {
    enum Reach: Sendable {
        /// `**`: all repositories, and what belongs to none.
        case all
        /// `shop/**`: all below it.
        case below
        /// `shop/*`: just its own.
        case children
        /// `shop/web`
        case one
    }

    let reach: Reach
    /// The group or the repository; empty for all.
    let base: String

    static let all = RepositoryScope(reach: .all, base: "")

    private init(reach: Reach, base: String) {
        self.reach = reach
        self.base = base
    }

    /// - Returns: `nil` for what is none.
    init?(_ text: String) {
        if text == "**" {
            self = .all
            return
        }
        let (reach, base): (Reach, Substring) =
            text.hasSuffix("/**")
            ? (.below, text.dropLast(3))
            : text.hasSuffix("/*")
                ? (.children, text.dropLast(2))
                : (.one, text[...])
        guard RepositoryPath(rawValue: String(base)).problem == nil else { return nil }
        self.init(reach: reach, base: String(base))
    }

    /// As ``init(_:)`` reads it.
    var text: String {
        switch reach {
        case .all: "**"
        case .below: "\(base)/**"
        case .children: "\(base)/*"
        case .one: base
        }
    }

    func covers(_ path: RepositoryPath) -> Bool {
        let text = path.rawValue
        switch reach {
        case .all: return true
        case .below: return text.hasPrefix(base + "/")
        case .children: return text.hasPrefix(base + "/") && !text.dropFirst(base.count + 1).contains("/")
        case .one: return text == base
        }
    }

    /// Whether it covers all repositories below a group.
    private func covers(group: String) -> Bool {
        switch reach {
        case .all: true
        case .below: group == base || group.hasPrefix(base + "/")
        case .children, .one: false
        }
    }

    /// Where a secret of this owner may be used.
    init(_ owner: SecretOwner) {
        switch owner {
        case .all: self = .all
        case .group(let group): self.init(reach: .below, base: group)
        case .repository(let path): self.init(reach: .one, base: path.rawValue)
        }
    }

    /// All that cover a repository, the nearest first.
    static func covering(_ path: RepositoryPath) -> [RepositoryScope] {
        var scopes = [RepositoryScope(.repository(path))]
        var parts = path.rawValue.split(separator: "/").dropLast()
        if !parts.isEmpty { scopes.append(RepositoryScope(reach: .children, base: parts.joined(separator: "/"))) }
        while !parts.isEmpty {
            scopes.append(RepositoryScope(reach: .below, base: parts.joined(separator: "/")))
            parts.removeLast()
        }
        return scopes + [.all]
    }

    /// The repository that it is; `nil` for a group's and all.
    var repository: RepositoryPath? { reach == .one ? RepositoryPath(rawValue: base) : nil }

    /// What both cover; `nil` where that is nothing. It is always a scope: of two that overlap one lies within the other.
    func intersection(_ other: RepositoryScope) -> RepositoryScope? {
        if contains(other) { return other }
        return other.contains(self) ? self : nil
    }

    func contains(_ other: RepositoryScope) -> Bool {
        switch other.reach {
        case .all: reach == .all
        case .below: covers(group: other.base)
        case .children: covers(group: other.base) || self == other
        case .one: covers(RepositoryPath(rawValue: other.base))
        }
    }
}
