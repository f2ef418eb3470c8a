import Contracts
import Hummingbird

/// The people there are, for whoever manages them.
struct PeoplePages {
    let responder: PageResponder
    let people: PeopleOperations

    func register(on router: some RouterMethods<APIContext>) {
        router.page(.get, .people) { request, context in
            await responder.show(request, context) { try await list($0) }
        }
        router.page(.post, .people) { request, context in
            await responder.act(request, context) { fields, principal in
                try await attempt(principal) {
                    try await people.invite(
                        PersonRequest(
                            name: fields.text("name") ?? "", displayName: fields.text("display"),
                            email: fields.text("email"),
                            role: fields.text("role").flatMap { Role(rawValue: $0) },
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
            return try await list(principal, problem: error)
        }
        return try await list(principal, link: link)
    }

    private func list(
        _ principal: Principal, link: LinkGrant? = nil, problem: OperationError? = nil
    ) async throws -> Response {
        let now = Timestamp.now
        var content: [String: Any] = [
            "people": try await people.all(as: principal).map { PersonRow($0, now: now) },
            "roles": Role.allCases.map(\.rawValue),
        ]
        if let link {
            content["link"] = ["name": link.name ?? "", "url": link.url, "until": link.expiresAt.description]
        }
        if let problem { content["problem"] = WebFrame.Trouble(problem.problem) }
        let status: HTTPResponse.Status = problem.map { ProblemAnswer($0).status } ?? .ok
        return responder.page("people", "People", content, section: .people, for: principal, status: status)
    }
}

/// A person as their page shows them.
private struct PersonRow: Sendable {
    let name: String
    let display: String
    let email: String?
    let groups: [String]
    let isBlocked: Bool
    let seen: String?
    let ago: String

    init(_ person: PersonView, now: Timestamp) {
        name = person.name
        display = person.displayName
        email = person.email
        groups = person.groups
        isBlocked = person.blockedAt != nil
        seen = person.signedInAt?.description
        ago = person.signedInAt.map { TimeText.ago($0, now: now) } ?? ""
    }
}
