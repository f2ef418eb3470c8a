import Contracts
import Hummingbird

/// The people there are, for whoever manages them.
struct PeoplePages {
    let responder: PageResponder
    let people: PeopleOperations
    let roles: RoleOperations

    func register(on router: some RouterMethods<APIContext>) {
        router.page(.get, .people) { request, context in
            await responder.show(request, context) { try await list(ListPage(.people, of: request), $0) }
        }
        router.page(.post, .people) { request, context in
            await responder.act(request, context) { fields, principal in
                try await attempt(principal) {
                    try await people.invite(
                        PersonRequest(
                            name: fields.text("name") ?? "", displayName: fields.text("display"),
                            email: fields.text("email"),
                            role: try fields.role("role"),
                            repositories: fields.text("repositories").map { _ in fields.words("repositories") }),
                        as: principal)
                }
            }
        }
        router.page(.post, .person) { request, context in
            await responder.act(request, context) { fields, principal in
                let name = try context.part("name")
                if fields["do"] == "link" {
                    return try await attempt(principal) { try await people.link(for: name, as: principal) }
                }
                _ = try await people.change(
                    name, PersonChange(isBlocked: fields["do"] == "block"), as: principal)
                return .redirect(to: PagePath.people.path(), type: .normal)
            }
        }
    }

    /// Makes a link and shows it, this once.
    private func attempt(
        _ principal: Principal, _ body: () async throws -> LinkGrant
    ) async throws -> Response {
        let link: LinkGrant
        do {
            link = try await body()
        } catch let error as OperationError where error.kind == .invalid || error.kind == .conflict {
            return try await list(ListPage(.people), principal, problem: error)
        }
        return try await list(ListPage(.people), principal, link: link)
    }

    private func list(
        _ page: ListPage, _ principal: Principal, link: LinkGrant? = nil, problem: OperationError? = nil
    ) async throws -> Response {
        let now = Timestamp.now
        let found = page.part(of: try await people.all(as: principal)) {
            [$0.name, $0.displayName, $0.email ?? ""] + $0.groups
        }
        let holders = Set(found.items.flatMap { [$0.name] + $0.groups.map { "@\($0)" } })
        let given = principal.may(.seeRoles) ? try await roles.all(of: holders, as: principal) : [:]
        var content = page.content(shown: found.items.count, of: found.count)
        content["people"] = found.items.map { PersonRow($0, given, now: now) }
        content["roles"] = Role.allCases.map(\.rawValue)
        if let link {
            content["link"] = ["name": link.name ?? "", "url": link.url, "until": link.expiresAt.description]
        }
        return responder.page("people", "People", content, section: .people, for: principal, problem: problem)
    }
}

/// A person as their page shows them.
private struct PersonRow: Sendable {
    let name: String
    let display: String
    let email: String?
    let groups: [String]
    let roles: [Held]
    let hasRoles: Bool
    /// How many roles are not shown.
    let more: Int?
    let isBlocked: Bool
    let seen: String?
    let ago: String

    /// A role that they have, by themselves or as one of a group.
    struct Held: Sendable {
        let role: String
        let scope: String
        let group: String?
    }

    /// As many roles tell in a list what somebody is; all are on the page of roles.
    private static let shown = 12

    /// - Parameter given: the roles, by their holders.
    init(_ person: PersonView, _ given: [String: [RoleView]], now: Timestamp) {
        let held = ([person.name] + person.groups.map { "@\($0)" }).flatMap { given[$0] ?? [] }
        roles = held.prefix(Self.shown).map {
            Held(role: $0.role.rawValue, scope: $0.scope, group: $0.holder == person.name ? nil : $0.holder)
        }
        more = held.count > Self.shown ? held.count - Self.shown : nil
        hasRoles = !roles.isEmpty
        name = person.name
        display = person.displayName
        email = person.email
        groups = person.groups
        isBlocked = person.blockedAt != nil
        seen = person.signedInAt?.description
        ago = person.signedInAt.map { TimeText.ago($0, now: now) } ?? ""
    }
}
