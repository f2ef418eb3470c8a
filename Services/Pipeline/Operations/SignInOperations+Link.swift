import Contracts

/// Signing in with a link that works once.
extension SignInOperations {
    /// Makes a link that signs somebody in.
    /// - Parameter account: whom; `nil` for one that makes an administrator of whoever opens it first.
    func link(for account: String?, by principal: Principal, in transaction: Transaction) throws -> LinkGrant {
        let code = AccessStore.random(prefix: SignInLink.prefix)
        let end = transaction.now.adding(SignInLink.life)
        try transaction.people.addLink(
            code, for: account, by: principal.name, until: end, now: transaction.now)
        return LinkGrant(
            name: account, url: publicURL + PagePath.link.path(query: [("code", code)]), expiresAt: end)
    }

    /// Whose a link is; looking at it does not use it up.
    func look(at code: String) async throws -> SignInLink {
        guard let link = try await store.read({ try $0.people.link(code, now: .now) }) else { throw Self.noLink }
        return link
    }

    /// The same for who opens it.
    func look(at code: String, from visitor: Visitor) async throws -> SignInLink {
        try await noting(.link, from: visitor) { try await look(at: code) }
    }

    /// Begins a session with a link.
    /// - Parameters:
    ///   - name: who it is to be, where the link leaves that open.
    ///   - password: to sign in with from now on.
    func redeem(
        _ code: String, name: String?, displayName: String?, password: String?, from visitor: Visitor
    ) async throws -> Begun {
        try await noting(.link, from: visitor) {
            try await enter(code, name: name, displayName: displayName, password: password, from: visitor)
        }
    }

    private func enter(
        _ code: String, name: String?, displayName: String?, password: String?, from visitor: Visitor
    ) async throws -> Begun {
        let link = try await look(at: code)
        if let password { try Self.check(password, of: link.account ?? name ?? "") }
        var hash: String?
        if let password { hash = try await waiting { try await hasher.hash(password) }.kept }
        return try await store.write { [self, hash] transaction in
            let account = try Self.use(code, name: name, displayName: displayName, in: transaction, from: visitor)
            if let hash {
                try Self.keep(hash, of: account, in: transaction)
                try transaction.audits.add(
                    AuditEntry(
                        at: transaction.now, account: account, via: "sign-in", origin: visitor.address,
                        operation: Operation.changeOwnAccount.rawValue, subject: account,
                        after: ["password": "given", "with": "link"]))
                // Whoever knew the old one is out.
                try transaction.sessions.removeAll(of: account)
                try transaction.logins.removeAll(of: account)
            }
            return try begin(account, with: .link, in: transaction, from: visitor)
        }
    }

    /// Makes a personal token with a link.
    func redeem(_ request: LinkRequest, from visitor: Visitor) async throws -> PersonalToken {
        try await noting(.link, from: visitor) {
            try await store.write { transaction in
                let account = try Self.use(
                    request.code, name: request.name, displayName: nil, in: transaction, from: visitor)
                try transaction.people.signedIn(account, now: transaction.now)
                return try Self.token(
                    named: request.token, of: account, with: .link, in: transaction, from: visitor)
            }
        }
    }

    /// Uses a link up, and makes the account where there is none yet.
    private static func use(
        _ code: String, name: String?, displayName: String?, in transaction: Transaction, from visitor: Visitor
    ) throws -> String {
        guard let link = try transaction.people.link(code, now: transaction.now),
            try transaction.people.removeLink(code)
        else { throw noLink }
        // Whoever came by one of these would be the first no more.
        try transaction.people.removeOpenLinks()
        if let account = link.account { return account }
        let name = try PeopleOperations.name(name ?? "")
        try PeopleOperations.add(
            name, displayName: displayName, email: nil, by: Principal.administrator, in: transaction)
        try transaction.accounts.grant(
            Rights.Grant(role: .administrator, scope: .all), to: name, by: Principal.administrator.name,
            now: transaction.now)
        try transaction.audits.add(
            AuditEntry(
                at: transaction.now, account: name, via: "sign-in", origin: visitor.address,
                operation: Operation.managePeople.rawValue, subject: name,
                after: ["role": "administrator", "with": "link"]))
        return name
    }

    static let noLink = OperationError(
        .notFound, "unknown_link", "this link was used before, or is too old",
        remedy: "ask for another one; on the platform's machine pipeline link make makes one")
}
