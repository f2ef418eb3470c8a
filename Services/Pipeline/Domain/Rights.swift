import Contracts

/// What somebody may do where: the roles that were given to them, and to groups that they are in.
struct Rights: Sendable, Equatable {
    struct Grant: Sendable, Hashable {
        var role: Role
        var scope: RepositoryScope
    }

    /// What a token may do of what its account may.
    struct Limit: Sendable, Equatable {
        var role: Role?
        var scopes: [RepositoryScope]?

        static let none = Limit()
    }

    var grants: [Grant]

    static let none = Rights(grants: [])
    static let all = Rights(grants: [Grant(role: .administrator, scope: .all)])

    func role(in path: RepositoryPath) -> Role? { highest { $0.covers(path) } }

    /// The role in all of a scope: whoever changes what a group has in common has it in all of the group.
    func role(throughout scope: RepositoryScope) -> Role? { highest { $0.contains(scope) } }

    /// The role in all repositories, and in what belongs to none.
    var platformRole: Role? { highest { $0.reach == .all } }

    /// The highest role anywhere.
    var highestRole: Role? { highest { _ in true } }

    private func highest(where isMeant: (RepositoryScope) -> Bool) -> Role? {
        grants.filter { isMeant($0.scope) }.map(\.role).max()
    }

    func limited(to limit: Limit) -> Rights {
        guard limit != .none else { return self }
        var limited = Rights.none
        for grant in grants {
            let role = min(grant.role, limit.role ?? grant.role)
            for scope in limit.scopes ?? [.all] {
                guard let common = grant.scope.intersection(scope) else { continue }
                limited.grants.append(Grant(role: role, scope: common))
            }
        }
        return limited
    }

    /// The repositories where the role, or a higher one, holds.
    func visibility(from role: Role = .viewer) -> Visibility {
        Visibility(grants.filter { $0.role >= role }.map(\.scope))
    }

    /// For whoever is refused something.
    var words: String {
        let texts = grants.sorted { ($1.role, $0.scope.text) < ($0.role, $1.scope.text) }
            .map { "\($0.role.rawValue) of \($0.scope.text)" }
        return texts.isEmpty ? "has no role" : "is \(texts.joined(separator: ", "))"
    }
}
