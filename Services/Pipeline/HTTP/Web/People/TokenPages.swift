import Contracts
import Hummingbird

/// Tokens: one's own, and for administrators those of others and of service accounts.
struct TokenPages {
    let responder: PageResponder
    let tokens: TokenOperations

    func register(on router: some RouterMethods<APIContext>) {
        router.page(.get, .tokens) { request, context in
            await responder.show(request, context) { try await list(ListPage(.tokens, of: request), $0) }
        }
        router.page(.post, .tokens) { request, context in
            await responder.act(request, context) { form, principal in
                do {
                    let grant = try await tokens.make(try Self.request(form, by: principal), as: principal)
                    return try await list(ListPage(.tokens), principal, grant: grant)
                } catch let error as OperationError where error.kind != .forbidden {
                    return try await list(ListPage(.tokens), principal, problem: error)
                }
            }
        }
        router.page(.post, .revokeToken) { request, context in
            await responder.act(request, context) { form, principal in
                do {
                    try await tokens.revoke(whole: form.text("name") ?? "", as: principal)
                } catch let error as OperationError where error.kind != .forbidden {
                    return try await list(ListPage(.tokens), principal, problem: error)
                }
                let page: PagePath = form["from"] == "account" ? .account : .tokens
                return .redirect(to: page.path(), type: .normal)
            }
        }
    }

    private static func request(_ form: WebForm, by principal: Principal) throws -> TokenRequest {
        let account = form.text("account")
        let isProgram = account == nil && !principal.isPerson
        let life = form.text("days") ?? TokenLife.usual
        let days = life == TokenLife.never ? nil : Int64(life)
        guard life == TokenLife.never || days.map((1...TokenLife.longest).contains) ?? false else {
            throw OperationError.invalid(
                "malformed_life", "“\(life)” is no number of days", remedy: "choose 1 to \(TokenLife.longest), or never"
            )
        }
        return TokenRequest(
            name: form.text("name") ?? account ?? "", account: isProgram ? principal.name : account,
            role: try form.role("role"),
            repositories: form.text("repositories").map { _ in form.words("repositories") },
            expiresAt: days.map { Timestamp.now.adding(.seconds($0 * 86_400)) })
    }

    private func list(
        _ page: ListPage, _ principal: Principal, grant: TokenGrant? = nil, problem: OperationError? = nil
    ) async throws -> Response {
        let now = Timestamp.now
        let found = page.part(of: try await tokens.all(as: principal)) { [$0.name] }
        var content = page.content(shown: found.items.count, of: found.count)
        content["tokens"] = found.items.map { TokenRow($0, for: principal, now: now) }
        content["roles"] = Role.allCases.map(\.rawValue)
        content["lives"] = TokenLife.all
        content["seesAll"] = principal.may(.seeOthersTokens)
        content["canMakeOthers"] = principal.may(.makeOthersToken)
        if let grant { content["grant"] = ["name": grant.name, "token": grant.token] }
        return responder.page("tokens", "Tokens", content, section: .tokens, for: principal, problem: problem)
    }
}

/// How long a token may be good, to choose from.
private struct TokenLife: Sendable {
    let days: String
    let name: String
    let selected: Bool

    /// In days.
    static let longest: Int64 = 3650
    static let usual = "90"
    static let never = "never"

    static let all = [
        ("30", "in 30 days"), (usual, "in 90 days"), ("365", "in a year"), (never, "never"),
    ].map { days, name in TokenLife(days: days, name: name, selected: days == usual) }
}

/// A token as pages show it.
struct TokenRow: Sendable {
    let name: String
    let limit: String
    let isCurrent: Bool
    let isOver: Bool
    let made: String
    let madeAgo: String
    let used: String?
    let usedAgo: String
    let ends: String?
    let endsDay: String
    let canRevoke: Bool
    /// The token that it was made with.
    let parent: String?

    init(_ view: TokenView, for principal: Principal, now: Timestamp) {
        name = view.name
        parent = view.parent
        let role = view.role.map { "\($0.rawValue) at most" }
        let place = view.repositories.map { "in \($0.isEmpty ? "no repository" : $0.joined(separator: ", "))" }
        let limits = [role, place].compactMap(\.self)
        limit = limits.isEmpty ? "all that \(view.account) may" : limits.joined(separator: ", ")
        isCurrent = principal.has(token: view.name)
        isOver = view.expiresAt.map { $0 <= now } ?? false
        made = view.createdAt.description
        madeAgo = TimeText.ago(view.createdAt, now: now)
        used = view.usedAt?.description
        usedAgo = view.usedAt.map { TimeText.ago($0, now: now) } ?? ""
        ends = view.expiresAt?.description
        endsDay = ends.map { String($0.prefix(10)) } ?? ""
        canRevoke =
            view.account == principal.name
            ? !principal.isLimited || isCurrent : principal.may(.revokeOthersToken)
    }
}
