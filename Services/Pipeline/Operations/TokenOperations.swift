import Contracts

/// What people and programs sign in with. A token is told once and kept as a hash.
///
/// It belongs to an account, which is what is kept with what is done with it: a person's own, made by that person, or a
/// service account's, made by administrators. Nobody makes one that may do more than they may with what they came with.
struct TokenOperations: Sendable {
    let store: PipelineStore
    let uses: TokenUses

    /// One's own, and for administrators all.
    func all(as principal: Principal) async throws -> [TokenView] {
        try principal.require(.seeTokens)
        return try await all(of: principal.may(.seeOthersTokens) ? nil : principal.name)
    }

    /// One's own alone.
    func own(as principal: Principal) async throws -> [TokenView] {
        try principal.require(.seeTokens)
        return try await all(of: principal.name)
    }

    private func all(of account: String?) async throws -> [TokenView] {
        try await store.read { [uses] tables in
            try tables.access.tokens(of: account).map { token in
                var view = token.view
                if let last = uses.last(token.name), last > view.usedAt ?? last.adding(.seconds(-1)) {
                    view.usedAt = last
                }
                return view
            }
        }
    }

    /// Makes a token; the one of that name is good no more, and whoever signed in with it is signed out.
    func make(_ request: TokenRequest, as principal: Principal) async throws -> TokenGrant {
        let (account, name) = try Self.name(request.name, of: request.account, for: principal)
        let isOwn = principal.has(token: name)
        try principal.require(account == principal.name ? .makeToken : .makeOthersToken)
        let asked = try Self.limit(request)
        let text = AccessStore.random(prefix: "slp_")
        try await store.write(as: principal) { transaction in
            if let end = request.expiresAt, end <= transaction.now {
                throw OperationError.invalid("malformed_token", "a token that ends at \(end) would be good for nothing")
            }
            var token = Token(
                name: name, account: account, limit: asked, createdAt: transaction.now, expiresAt: request.expiresAt,
                madeBy: principal.name)
            let known = try transaction.accounts.find(account)
            try Self.requireRoom(for: name, of: account, in: transaction)
            if account != principal.name { try Self.prepare(known, for: &token, by: principal, in: transaction) }
            // What is made with a token may do no more and ends with it.
            var parent: String?
            if account == principal.name, let hash = principal.tokenHash,
                let old = try transaction.access.token(hash: hash)
            {
                token.keepWithin(old)
                parent = try Self.parent(of: name, madeWith: old, in: transaction)
            }
            let before = try transaction.access.token(named: name)
            if account == principal.name, let before { try Self.requireOwn(before, of: principal, in: transaction) }
            try transaction.access.add(token, text, parent: parent)
            var after = token.view
            // As a service account's own rights, which its usual token is made with.
            after.role = asked.role
            after.repositories = asked.scopes?.map(\.text)
            try transaction.audit(
                account == principal.name ? .makeToken : .makeOthersToken, by: principal, of: name,
                before: before.map { try .audited($0.view) }, after: .audited(after))
        }
        return TokenGrant(name: name, token: text, isOwn: isOwn)
    }

    /// The hash of the token that one ends with which is made with another: that one, or where it takes its place what that
    /// one ends with.
    private static func parent(of name: String, madeWith old: Token, in transaction: Transaction) throws -> String? {
        guard name != old.name else {
            return try old.parent.flatMap { try transaction.access.token(named: $0)?.hash }
        }
        guard try !transaction.access.line(of: old.hash).contains(name) else {
            throw OperationError(
                .conflict, "ancestor_token", "the token “\(old.name)” was made with “\(name)”, and would end with it",
                remedy: "take its place with itself, or without a token")
        }
        return old.hash
    }

    /// Sees to the service account that a token is made for: what its first and its usual token are made with, it may.
    private static func prepare(
        _ known: Account?, for token: inout Token, by principal: Principal, in transaction: Transaction
    ) throws {
        if let known {
            guard known.kind == .service else {
                throw OperationError(
                    .forbidden, "persons_token", "“\(known.name)” is a person, who makes tokens of their own alone",
                    remedy: "give a program a service account: another name")
            }
            guard known.blockedAt == nil else {
                throw OperationError(.conflict, "blocked_account", "the account “\(known.name)” is blocked")
            }
        } else {
            guard token.limit.role != nil else {
                throw OperationError.invalid(
                    "no_role", "there is no account “\(token.account)”, and no role is given that a new one would have",
                    remedy: "give one: --role developer --repo 'shop/*'; roles are "
                        + Role.allCases.map(\.rawValue).joined(separator: ", "))
            }
            try transaction.accounts.add(
                Account(name: token.account, kind: .service, createdBy: principal.name, createdAt: transaction.now))
        }
        guard known == nil || token.name == token.account, let role = token.limit.role else { return }
        let scopes = token.limit.scopes ?? [.all]
        for grant in try transaction.accounts.rights(of: token.account).grants where !scopes.contains(grant.scope) {
            try transaction.take(grant.scope, from: token.account, by: principal)
        }
        for scope in scopes {
            try transaction.give(Rights.Grant(role: role, scope: scope), to: token.account, by: principal)
        }
        token.limit = .none
    }

    /// Takes a token back with all that was made with it, and signs out whoever signed in with any of them.
    /// - Parameter account: the service account whose it is; what the name says if `nil`.
    /// - Throws: ``OperationError`` where there is none of that name.
    func revoke(_ name: String, of account: String? = nil, as principal: Principal) async throws {
        try await revoke(whole: Self.whole(name, of: account, for: principal), as: principal)
    }

    /// - Parameter name: as the list has it.
    func revoke(whole name: String, as principal: Principal) async throws {
        try principal.require(.revokeToken)
        try await store.write(as: principal) { transaction in
            let tokens = try transaction.access.tokens()
            let token = tokens.first { $0.name == name }
            let isOwn = token?.account == principal.name
            if isOwn, let token { try Self.requireOwn(token, of: principal, in: transaction) }
            // Whether another one has such a token, is none of theirs.
            if !isOwn { try principal.require(.revokeOthersToken) }
            guard let token else {
                throw OperationError(
                    .notFound, "unknown_token", "there is no token “\(name)”",
                    remedy: "see: slipway token list; a service account's takes --service")
            }
            let made = try transaction.access.removeToken(name)
            try transaction.audit(
                isOwn ? .revokeToken : .revokeOthersToken, by: principal, of: name, before: .audited(token.view),
                after: made.isEmpty ? nil : ["revoked": .array(made.map { .string($0) })])
        }
    }

    /// That somebody with a limited token ends no other one of their account than itself and what it made.
    private static func requireOwn(_ token: Token, of principal: Principal, in transaction: Transaction) throws {
        guard principal.isLimited, let own = principal.token,
            try !transaction.access.line(of: token.hash).contains(own)
        else { return }
        throw limited(principal)
    }

    /// Whose token a name means, and the whole of it.
    private static func name(
        _ text: String, of owner: String?, for principal: Principal
    ) throws -> (account: String, name: String) {
        let whole = Self.whole(text, of: owner, for: principal)
        let parts = whole.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.allSatisfy(KeptName.isValid) else { throw KeptName.malformed("token", text) }
        return (parts[0], whole)
    }

    private static func whole(_ text: String, of owner: String?, for principal: Principal) -> String {
        if let owner { return text == owner ? text : "\(owner)/\(text)" }
        return principal.isPerson && !text.contains("/") ? "\(principal.name)/\(text)" : text
    }

    private static func limit(_ request: TokenRequest) throws -> Rights.Limit {
        Rights.Limit(role: request.role, scopes: try request.repositories.map { try RepositoryScope.all(in: $0) })
    }

    private static func limited(_ principal: Principal) -> OperationError {
        OperationError(
            .forbidden, "limited_token",
            "the token “\(principal.token ?? principal.name)” may do less than its account, and ends no other one than itself and what it made",
            remedy: "sign in without it, or with a token that has no limit")
    }
}

extension Token {
    fileprivate mutating func keepWithin(_ old: Token) {
        limit.role = [limit.role, old.limit.role].compactMap(\.self).min()
        limit.scopes =
            if let mine = limit.scopes, let bounds = old.limit.scopes {
                mine.flatMap { scope in bounds.compactMap(scope.intersection) }
            } else {
                limit.scopes ?? old.limit.scopes
            }
        expiresAt = [expiresAt, old.expiresAt].compactMap(\.self).min()
    }
}

extension TokenOperations {
    /// As many tokens an account may have.
    static let most = 1_000

    fileprivate static func requireRoom(for name: String, of account: String, in transaction: Transaction) throws {
        let names = try transaction.access.tokens(of: account).map(\.name)
        guard names.count >= most, !names.contains(name) else { return }
        throw OperationError(
            .conflict, "many_tokens", "“\(account)” has \(names.count) tokens, and no more may be made",
            remedy: "revoke those that nobody uses: slipway token list says when each was last used")
    }
}

extension RepositoryScope {
    /// As many may be named at once.
    static let most = 100

    /// - Throws: ``OperationError`` for what is none, and where there are none.
    static func all(in texts: [String]) throws -> [RepositoryScope] {
        guard !texts.isEmpty else {
            throw OperationError.invalid("malformed_scope", "no repository is named", remedy: "** is all of them")
        }
        guard texts.count <= most else {
            throw OperationError.invalid(
                "many_scopes", "\(texts.count) scopes are named, and \(most) may be",
                remedy: "name groups, such as shop/**, or make several")
        }
        return try texts.map { text in
            guard let scope = RepositoryScope(text) else {
                throw OperationError.invalid(
                    "malformed_scope", "“\(text)” is no scope",
                    remedy: "give ** for all, shop/** or shop/* for a group's, or one such as shop/web")
            }
            return scope
        }
    }
}
