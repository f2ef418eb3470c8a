import Contracts
import Hummingbird

/// A person's own sessions and password, and what lets a command act as them.
struct AccountPages {
    let responder: PageResponder
    let operations: Operations

    func register(on router: some RouterMethods<APIContext>) {
        router.page(.get, .account) { request, context in
            await responder.show(request, context) { principal in
                let ended = request.uri.queryParameters["ended"].flatMap { Int($0) }
                return try await account(principal, saved: ended.map(Self.saved))
            }
        }
        router.page(.post, .account) { request, context in
            await responder.act(request, context) { fields, principal in
                do {
                    let ended = try await operations.signIns.changePassword(
                        PasswordRequest(current: fields["current"], password: fields["password"] ?? ""),
                        as: principal, from: responder.sessions.visitor(request, from: context.client))
                    return .redirect(to: PagePath.account.path(query: [("ended", "\(ended)")]), type: .normal)
                } catch let error as OperationError {
                    return try await account(principal, problem: error)
                }
            }
        }
        router.page(.post, .endSession) { request, context in
            await responder.act(request, context) { _, principal in
                try await operations.sessions.end(try context.part("id"), as: principal)
                return .redirect(to: PagePath.account.path(), type: .normal)
            }
        }
        router.page(.get, .login) { request, context in
            await responder.show(request, context) { principal in
                let code = request.uri.queryParameters["code"].map(String.init) ?? ""
                let login = try await operations.signIns.login(code)
                return login.page(responder, principal)
            }
        }
        router.page(.post, .login) { request, context in
            await responder.act(request, context) { fields, principal in
                let allows = fields["allow"] == "yes"
                try await operations.signIns.decide(fields["code"] ?? "", allows: allows, as: principal)
                let done = allows ? "It is in: go back to the command." : "It is refused."
                return responder.page("login", "Let a command in", ["done": done], for: principal)
            }
        }
    }

    /// - Parameter ended: how many other browsers were signed out with it.
    private static func saved(_ ended: Int) -> String {
        let others =
            switch ended {
            case 0: ""
            case 1: " One other browser is signed out."
            default: " \(ended) other browsers are signed out."
            }
        return "The password is changed.\(others) Tokens stay good: slipway token list shows them."
    }

    private func account(
        _ principal: Principal, saved: String? = nil, problem: OperationError? = nil
    ) async throws -> Response {
        let me = try await operations.people.me(as: principal)
        let now = Timestamp.now
        let tokens = try await operations.tokens.own(as: principal)
        var content: [String: Any] = [
            "who": me.name, "display": me.person?.displayName ?? me.name,
            "isPerson": me.person.map { $0.issuer == nil } ?? false,
            "hasPassword": me.person?.hasPassword ?? false,
            "sessions": try await operations.sessions.all(of: nil, as: principal).map { SessionRow($0, now: now) },
            "tokens": tokens.map { TokenRow($0, for: principal, now: now) }, "hasTokens": !tokens.isEmpty,
            "atAccount": true,
        ]
        content["email"] = me.person?.email
        content["saved"] = saved
        return responder.page("account", "Account", content, for: principal, problem: problem)
    }
}

extension PendingLogin {
    /// The question to the person at the browser.
    fileprivate func page(_ responder: PageResponder, _ principal: Principal) -> Response {
        responder.page(
            "login", "Let a command in",
            ["host": host, "address": address, "code": userCode, "who": principal.name], for: principal)
    }
}

/// A browser that is signed in, as a page shows it.
private struct SessionRow: Sendable {
    let id: String
    let what: String
    let isCurrent: Bool
    let client: String?
    let begun: String
    let begunAgo: String
    let used: String
    let usedAgo: String

    init(_ session: SessionView, now: Timestamp) {
        id = session.id
        what = session.agent ?? "A browser"
        isCurrent = session.isCurrent
        client = session.client
        begun = session.createdAt.description
        begunAgo = TimeText.ago(session.createdAt, now: now)
        used = session.usedAt.description
        usedAgo = TimeText.ago(session.usedAt, now: now)
    }
}
