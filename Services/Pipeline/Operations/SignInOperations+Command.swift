import Contracts
import Synchronization

/// Commands that wait until a browser lets them in.
extension SignInOperations {
    func begin(_ request: LoginRequest, from visitor: Visitor, now: Timestamp = .now) throws -> LoginStart {
        let host = String(
            request.host.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) }.prefix(64))
        let code = AccessStore.random(prefix: "c_")
        let login = logins.withLock {
            $0.begin(
                AccessStore.hash(code), host: host.isEmpty ? "unknown" : host, visitor: visitor,
                userCode: PendingLogins.makeUserCode(), now: now)
        }
        guard let login else {
            throw OperationError(
                .tooMany, "too_many_logins", "too many commands wait to be signed in",
                remedy: "let those in that wait, or try again in a minute", retryAfter: 60)
        }
        return LoginStart(
            code: code, userCode: login.userCode,
            url: publicURL + PagePath.login.path(query: [("code", login.userCode)]), expiresAt: login.expiresAt,
            interval: PendingLogins.interval)
    }

    /// The command that waits under a code that a person was shown.
    func login(_ userCode: String, now: Timestamp = .now) throws -> PendingLogins.Login {
        guard let login = logins.withLock({ $0.find(userCode.uppercased(), now: now) }) else { throw Self.noLogin }
        return login
    }

    /// - Parameter allows: whether the command may act as the person who asks.
    func decide(_ userCode: String, allows: Bool, as principal: Principal, now: Timestamp = .now) throws {
        try principal.require(.changeOwnAccount)
        guard principal.session != nil, principal.token == nil else {
            throw OperationError(
                .forbidden, "not_a_session", "a token cannot let another command in",
                remedy: "open the page with a browser")
        }
        let verdict = allows ? PendingLogins.Verdict.allowed(account: principal.name) : .refused
        guard logins.withLock({ $0.decide(userCode.uppercased(), verdict, now: now) }) != nil else {
            throw Self.noLogin
        }
    }

    /// The token of a command that was let in.
    func poll(_ request: LoginPoll, now: Timestamp = .now) async throws -> LoginAnswer {
        switch logins.withLock({ $0.poll(AccessStore.hash(request.code), now: now) }) {
        case .waiting: return LoginAnswer(token: nil)
        case .unknown: throw Self.noLogin
        case .decided(.refused, _):
            throw OperationError(.forbidden, "login_refused", "the person at the browser refused it")
        case .decided(.allowed(let account), let host):
            return LoginAnswer(
                token: try await store.write { try Self.token(named: "login.\(host)", of: account, in: $0) })
        }
    }

    private static let noLogin = OperationError(
        .notFound, "unknown_login", "no command waits under this code, or it has waited for too long",
        remedy: "begin again: slipway login")
}
