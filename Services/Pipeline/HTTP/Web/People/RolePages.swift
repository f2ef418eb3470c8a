import Contracts
import Hummingbird

/// Who has which role where, for whoever administers some of it.
struct RolePages {
    let responder: PageResponder
    let roles: RoleOperations

    func register(on router: some RouterMethods<APIContext>) {
        router.page(.get, .roles) { request, context in
            await responder.show(request, context) { try await list(ListPage(.roles, of: request), $0) }
        }
        router.page(.post, .roles) { request, context in
            await responder.act(request, context) { form, principal in
                try await attempt(form, principal) {
                    guard let role = try form.role("role") else {
                        throw OperationError.invalid("malformed_role", "no role is chosen")
                    }
                    _ = try await roles.give(
                        RoleRequest(role: role), within: form.text("scope") ?? "", to: form.text("holder") ?? "",
                        by: principal)
                }
            }
        }
        router.page(.post, .takeRole) { request, context in
            await responder.act(request, context) { form, principal in
                try await attempt(form, principal) {
                    try await roles.take(
                        within: form.text("scope") ?? "", from: form.text("holder") ?? "", by: principal)
                }
            }
        }
    }

    /// Goes back to where the form was. What is refused is said above the form with what was written, to those who see it;
    /// a repository that is hidden from them is not there, as everywhere.
    private func attempt(
        _ form: WebForm, _ principal: Principal, _ body: () async throws -> Void
    ) async throws -> Response {
        do {
            try await body()
        } catch let error as OperationError
            where principal.may(.seeRoles) && error.problem.code != "unknown_repository"
        {
            return try await list(ListPage(.roles), principal, form: form, problem: error)
        }
        let page = form.text("repository").map { PagePath.repository.path([$0]) } ?? PagePath.roles.path()
        return .redirect(to: page, type: .normal)
    }

    private func list(
        _ page: ListPage, _ principal: Principal, form: WebForm? = nil, problem: OperationError? = nil
    ) async throws -> Response {
        let now = Timestamp.now
        let found = page.part(of: try await roles.all(as: principal)) { [$0.holder, $0.scope] }
        var content = page.content(shown: found.items.count, of: found.count)
        content["roles"] = found.items.map { RoleRow($0, for: principal, now: now) }
        content["choices"] = RoleRow.choices(selected: form?.text("role"))
        content["holder"] = form?.text("holder") ?? ""
        content["scope"] = form?.text("scope") ?? ""
        return responder.page("roles", "Roles", content, section: .roles, for: principal, problem: problem)
    }
}

/// A role that somebody has, as pages show it.
struct RoleRow: Sendable {
    struct Choice: Sendable {
        let name: String
        let selected: Bool
    }

    let holder: String
    let isGroup: Bool
    let role: String
    let scope: String
    let by: String
    let given: String
    let ago: String
    let canTake: Bool

    init(_ view: RoleView, for principal: Principal, now: Timestamp) {
        holder = view.holder
        isGroup = view.holder.hasPrefix("@")
        role = view.role.rawValue
        scope = view.scope
        by = view.givenBy
        given = view.givenAt.description
        ago = TimeText.ago(view.givenAt, now: now)
        canTake = RepositoryScope(view.scope).map { principal.may(.takeRole, throughout: $0) } ?? false
    }

    static func choices(selected: String? = nil) -> [Choice] {
        Role.allCases.map { Choice(name: $0.rawValue, selected: $0.rawValue == selected) }
    }
}
