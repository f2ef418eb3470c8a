import Contracts

/// Who has which role where: accounts, and groups of the sign-in provider. An administrator of a scope sees, gives and takes
/// those within it, and none of a wider one.
struct RoleOperations: Sendable {
    let store: PipelineStore

    /// By holder and scope.
    /// - Parameter path: only those that hold in this repository, also of wider scopes, and of no blocked account.
    func all(in path: RepositoryPath? = nil, as principal: Principal) async throws -> [RoleView] {
        try principal.require(.seeRoles)
        if let path {
            guard principal.may(.seeRoles, in: path) else { return [] }
            return try await store.read { try $0.accounts.rolesInUse() }
                .filter { RepositoryScope($0.scope)?.covers(path) ?? false }
        }
        let visibility = principal.visibility(.seeRoles)
        return try await store.read { try $0.accounts.roles() }
            .filter { RepositoryScope($0.scope).map { visibility.covers($0) } ?? false }
    }

    /// What some holders have, by holder.
    func all(of holders: Set<String>, as principal: Principal) async throws -> [String: [RoleView]] {
        try principal.require(.seeRoles)
        let visibility = principal.visibility(.seeRoles)
        let roles = try await store.read { try $0.accounts.roles(of: holders.sorted()) }
        return Dictionary(
            grouping: roles.filter { RepositoryScope($0.scope).map { visibility.covers($0) } ?? false }, by: \.holder)
    }

    /// Gives a role within a scope, in the place of the one the holder had there.
    /// - Parameter holder: an account, or a group behind an `@`.
    func give(
        _ request: RoleRequest, within scope: String, to holder: String, by principal: Principal
    ) async throws -> RoleView {
        let scope = try RepositoryScope.all(in: [scope])[0]
        try principal.require(.giveRole, throughout: scope)
        try Self.check(holder)
        return try await store.write(as: principal) { transaction in
            if !holder.hasPrefix("@"), try transaction.accounts.find(holder) == nil {
                throw OperationError(
                    .notFound, "unknown_account", "there is no account “\(holder)”",
                    remedy: "a person's is made when they are invited or sign in, a service account's with its token; "
                        + "groups are written @GROUP")
            }
            let view = try transaction.give(Rights.Grant(role: request.role, scope: scope), to: holder, by: principal)
            try Self.checkAdministrators(of: scope, in: transaction)
            return view
        }
    }

    /// Takes the role within a scope away.
    func take(within scope: String, from holder: String, by principal: Principal) async throws {
        let scope = try RepositoryScope.all(in: [scope])[0]
        try principal.require(.takeRole, throughout: scope)
        try await store.write(as: principal) { transaction in
            guard try transaction.take(scope, from: holder, by: principal) else {
                throw OperationError(
                    .notFound, "unknown_role", "“\(holder)” has no role of \(scope.text) by itself",
                    remedy: "see: slipway role list")
            }
            try Self.checkAdministrators(of: scope, in: transaction)
        }
    }

    /// Nobody takes the last administrator's role away, or blocks them: only who administers the machine could undo it.
    static func checkAdministrators(of scope: RepositoryScope, in transaction: Transaction) throws {
        guard try scope != .all || transaction.accounts.hasAdministrator() else {
            throw OperationError(
                .conflict, "last_administrator", "nobody else is administrator of **",
                remedy: "give another the role first: slipway role give NAME administrator --repo '**'")
        }
    }

    private static func check(_ holder: String) throws {
        guard holder.hasPrefix("@") ? isGroup(holder.dropFirst()) : KeptName.isValid(holder) else {
            throw KeptName.malformed("account", holder)
        }
    }

    /// Whether a provider's group can have a role. Any other counts for nothing: what is cut or cleaned is another group.
    static func isGroup(_ name: some StringProtocol) -> Bool {
        (1...255).contains(name.utf8.count) && name.utf8.allSatisfy { $0 > 0x1F && $0 != 0x7F }
    }
}

extension Transaction {
    /// Gives a role in the place of the one the holder had in its scope, with the entry of the audit log.
    @discardableResult
    func give(_ grant: Rights.Grant, to holder: String, by principal: Principal) throws -> RoleView {
        let before = try accounts.role(of: holder, within: grant.scope)
        try accounts.grant(grant, to: holder, by: principal.name, now: now)
        try approversChanged()
        let view = RoleView(
            holder: holder, role: grant.role, scope: grant.scope.text, givenBy: principal.name, givenAt: now)
        try audit(
            .giveRole, by: principal, of: holder, in: grant.scope.audited, before: before.map { try .audited($0) },
            after: .audited(view))
        return view
    }

    /// Takes a role away, with the entry of the audit log.
    /// - Returns: whether there was one.
    @discardableResult
    func take(_ scope: RepositoryScope, from holder: String, by principal: Principal) throws -> Bool {
        guard let before = try accounts.role(of: holder, within: scope) else { return false }
        try accounts.removeGrant(of: holder, within: scope)
        try approversChanged()
        try audit(.takeRole, by: principal, of: holder, in: scope.audited, before: .audited(before))
        return true
    }
}
