import Contracts
import Hummingbird
import Text

/// The repositories, and one of them with its runs.
struct RepositoryPages {
    let responder: PageResponder
    let operations: Operations

    private var repositories: RepositoryOperations { operations.repositories }

    func register(on router: some RouterMethods<APIContext>) {
        router.page(.get, .repositories) { request, context in
            await responder.show(request, context) { try await list(request, $0) }
        }
        router.page(.get, .repository) { request, context in
            await responder.show(request, context) { try await repository(try path(context), $0) }
        }
        router.page(.post, .repository) { request, context in
            await responder.act(request, context) { try await associate($0, try path(context), $1) }
        }
    }

    private func path(_ context: APIContext) throws -> RepositoryPath {
        let text = context.parameters.getCatchAll().joined(separator: "/")
        let path = RepositoryPath(rawValue: PercentCoding.decode(text) ?? text)
        if let problem = path.problem { throw OperationError(.notFound, "unknown_repository", problem) }
        return path
    }

    private func list(_ request: Request, _ principal: Principal) async throws -> Response {
        let now = Timestamp.now
        let page = ListPage(.repositories, of: request)
        let found = try await repositories.search(page.text, from: page.offset, limit: page.size, as: principal)
        // Below the first page of those that are registered.
        let discovered =
            page.offset > 0
            ? [] : try await repositories.discovered(as: principal).filter { page.matches([$0.path.rawValue]) }
        var content = page.content(shown: found.items.count, of: found.count)
        content["repositories"] = found.items.map(RepositoryRow.init)
        content["discovered"] = discovered.prefix(page.size).map { DiscoveredRow($0, now: now) }
        content["hasDiscovered"] = !discovered.isEmpty
        let others = discovered.count - page.size
        if others > 0 { content["moreDiscovered"] = others }
        return responder.page(
            "repositories", "Repositories", content, section: .repositories, for: principal)
    }

    private func repository(_ path: RepositoryPath, _ principal: Principal) async throws -> Response {
        let view = try await repositories.view(path, as: principal)
        let canSeeHook = principal.may(.seeHook, in: path)
        let hook = canSeeHook ? try await repositories.hook(of: path, as: principal) : nil
        let components = try await operations.components.all(as: principal).map(\.name)
        let runs = try await operations.runs.list(
            RunQuery(repository: path), limit: RunPages.pageSize, as: principal)
        let now = Timestamp.now
        let canSeeSecrets = principal.may(.seeSecrets, in: path)
        let secrets = canSeeSecrets ? try await operations.secrets.all(of: path, as: principal) : []
        var content = RepositoryPage.content(view, hook, components: components, secrets: secrets)
        content["canStart"] = principal.may(.startRun, in: path)
        content["canAssociate"] = principal.may(.associate, in: path)
        content["canSeeHook"] = canSeeHook
        content["canSeeSecrets"] = canSeeSecrets
        if principal.may(.seeSchedules, in: path) {
            let schedules = try await operations.schedules.all(of: path, as: principal)
            content["canSeeSchedules"] = true
            for (name, operation) in [
                ("Save", Operation.saveSchedule), ("Pause", .pauseSchedule), ("Resume", .resumeSchedule),
                ("Remove", .removeSchedule),
            ] { content["can\(name)Schedules"] = principal.may(operation, in: path) }
            content["schedules"] = schedules.map { ScheduleRow($0, now: now) }
            content["hasSchedules"] = !schedules.isEmpty
        }
        content.merge(try await roles(in: path, principal, now: now)) { $1 }
        content["rows"] = runs.items.map { RunRow($0, now: now) }
        content["live"] = RunFilter(repository: path).address(.liveRuns)
        content["all"] = RunFilter(repository: path).address(.home)
        return responder.page("repository", path.rawValue, content, section: .repositories, for: principal)
    }

    /// Who may do what in it, for those who say so.
    private func roles(in path: RepositoryPath, _ principal: Principal, now: Timestamp) async throws -> [String: Any] {
        guard principal.may(.seeRoles, in: path) else { return [:] }
        let held = try await operations.roles.all(in: path, as: principal)
        return [
            "canSeeRoles": true, "roles": held.map { RoleRow($0, for: principal, now: now) },
            "choices": RoleRow.choices(), "repository": path.rawValue,
            "scopes": RepositoryScope.covering(path).filter { principal.may(.giveRole, throughout: $0) }.map(\.text),
        ]
    }

    private func associate(_ form: WebForm, _ path: RepositoryPath, _ principal: Principal) async throws -> Response {
        var associations = try await repositories.view(path, as: principal).associations
        if let name = form.text("remove") {
            associations.removeAll { $0.component == name }
        } else if let name = form.text("component") {
            let new = AssociationView(
                component: name, events: try form.words("events").map(Self.event), branches: form.words("branches"))
            if let place = associations.firstIndex(where: { $0.component == name }) {
                associations[place] = new
            } else {
                associations.append(new)
            }
        }
        try await repositories.associate(associations, with: path, as: principal)
        return .redirect(to: PagePath.repository.path([path.rawValue]), type: .normal)
    }

    private static func event(_ word: String) throws -> Event {
        guard let event = Event(rawValue: word) else {
            throw OperationError.invalid(
                "malformed_event", "“\(word)” is not an event",
                remedy: "events are \(Event.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return event
    }
}
