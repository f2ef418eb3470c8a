import Contracts

/// Commands that wait until a browser lets them in.
extension SignInOperations {
    func begin(_ request: LoginRequest, from visitor: Visitor, now: Timestamp = .now) async throws -> LoginStart {
        let host = String(
            request.host.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) }.prefix(64))
        let code = AccessStore.random(prefix: "c_")
        let login = PendingLogin(
            host: host.isEmpty ? "unknown" : host, address: visitor.address, network: visitor.network,
            userCode: PendingLogin.makeUserCode(), expiresAt: now.adding(PendingLogin.life))
        // Strangers ask: one for whom there is no room costs no write.
        let room = try await store.read { try $0.logins.room(for: visitor.network, now: now) }
        guard room == nil,
            try await store.write(now: now, { try $0.logins.add(login, AccessStore.hash(code), now: now) })
        else {
            let seconds = max(1, Int(((room ?? now).milliseconds - now.milliseconds + 999) / 1000))
            throw OperationError(
                .tooMany, "too_many_logins", "too many commands wait to be signed in",
                remedy: "try again in \(seconds) s", retryAfter: seconds)
        }
        return LoginStart(
            code: code, userCode: login.userCode,
            url: publicURL + PagePath.login.path(query: [("code", login.userCode)]), expiresAt: login.expiresAt,
            interval: PendingLogin.interval)
    }

    /// The command that waits under a code that a person was shown.
    func login(_ userCode: String, now: Timestamp = .now) async throws -> PendingLogin {
        let code = userCode.uppercased()
        guard let login = try await store.read({ try $0.logins.find(code, now: now) }) else { throw Self.noLogin }
        try await store.write { try $0.logins.see(code) }
        return login
    }

    /// - Parameter allows: whether the command may act as the person who asks.
    func decide(_ userCode: String, allows: Bool, as principal: Principal, now: Timestamp = .now) async throws {
        try principal.require(.changeOwnAccount)
        guard principal.session != nil, principal.token == nil else {
            throw OperationError(
                .forbidden, "not_a_session", "a token cannot let another command in",
                remedy: "open the page with a browser")
        }
        try await store.write(as: principal, now: now) { transaction in
            let code = userCode.uppercased()
            guard let login = try transaction.logins.find(code, now: now),
                try transaction.logins.decide(
                    code, allows ? .allowed(account: principal.name) : .refused, now: now)
            else { throw Self.noLogin }
            try transaction.audit(
                .changeOwnAccount, by: principal, of: principal.name,
                after: ["command": .string(login.host), "allowed": .bool(allows)])
        }
    }

    /// The token of a command that was let in; it is told once.
    func poll(_ request: LoginPoll, from visitor: Visitor, now: Timestamp = .now) async throws -> LoginAnswer {
        try await noting(.command, from: visitor) { try await answer(request, from: visitor, now: now) }
    }

    private func answer(_ request: LoginPoll, from visitor: Visitor, now: Timestamp) async throws -> LoginAnswer {
        let hash = AccessStore.hash(request.code)
        guard let login = try await store.read({ try $0.logins.find(hash: hash, now: now) }) else { throw Self.noLogin }
        guard let verdict = login.verdict else { return LoginAnswer(token: nil) }
        let token = try await store.write { transaction -> PersonalToken? in
            guard try transaction.logins.remove(hash: hash) else { throw Self.noLogin }
            guard case .allowed(let account) = verdict else { return nil }
            return try Self.token(
                named: "login.\(login.host)", of: account, with: .command, in: transaction,
                from: visitor)
        }
        guard let token else {
            throw OperationError(.forbidden, "login_refused", "the person at the browser refused it")
        }
        return LoginAnswer(token: token)
    }

    private static let noLogin = OperationError(
        .notFound, "unknown_login", "no command waits under this code, or it has waited for too long",
        remedy: "begin again: slipway login")
}
