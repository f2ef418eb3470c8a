import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird

extension WebRoutes {
    func registerPlatform<Context: RequestContext>(on router: some RouterMethods<Context>) {
        router.get("repositories") { request, _ in
            await show(request) { visitor in
                let rows = try await model.repositories().map(RepositoryRow.init)
                let now = Timestamp.now
                let discovered = try await model.discovered().map { DiscoveredRow($0, now: now) }
                return page(
                    "repositories", "Repositories",
                    [
                        "repositories": rows, "hasRepositories": !rows.isEmpty, "discovered": discovered,
                        "hasDiscovered": !discovered.isEmpty,
                    ], section: .repositories, visitor: visitor)
            }
        }
        router.get("repositories/**") { request, context in
            await show(request) { try await repository(try path(context), $0) }
        }
        router.post("repositories/**") { request, context in
            await act(request) { form, _ in try await associate(form, try path(context)) }
        }
        router.get("components") { request, _ in
            await show(request) { visitor in
                if let name = request.uri.queryParameters["new"].flatMap({ WebPath.decode($0) }), !name.isEmpty {
                    return .redirect(to: "/components/\(WebPath.encode(name))", type: .normal)
                }
                let now = Timestamp.now
                let rows = try await model.components().map { ComponentRow($0, now: now) }
                return page(
                    "components", "Components", ["components": rows, "hasComponents": !rows.isEmpty],
                    section: .components, visitor: visitor)
            }
        }
        router.get("components/:name") { request, context in
            await show(request) { visitor in
                let name = self.name(context)
                let component = try await model.component(name)
                return editor(
                    name, component, document: try ComponentPage.text(component), visitor,
                    isSaved: request.uri.queryParameters["saved"] != nil)
            }
        }
        router.post("components/:name") { request, context in
            await act(request) { try await save($0, name(context), $1) }
        }
        router.post("components/:name/check") { request, _ in await act(request) { form, _ in try await check(form) } }
        router.get("parked") { request, _ in
            await show(request) { visitor in
                let now = Timestamp.now
                let rows = try await model.parked().map { ParkedRow($0, now: now) }
                return page(
                    "parked", "Parked messages", ["letters": rows, "hasLetters": !rows.isEmpty], section: .parked,
                    visitor: visitor)
            }
        }
        router.post("parked") { request, _ in
            await act(request) { form, _ in
                try await model.retry(MessageID(rawValue: form.text("id") ?? ""))
                return .redirect(to: "/parked", type: .normal)
            }
        }
    }

    private func path(_ context: some RequestContext) throws -> RepositoryPath {
        let text = context.parameters.getCatchAll().joined(separator: "/")
        let path = RepositoryPath(rawValue: WebPath.decode(text) ?? text)
        if let problem = path.problem { throw Problem(code: "unknown_repository", message: problem) }
        return path
    }

    private func name(_ context: some RequestContext) -> String {
        context.parameters.get("name").flatMap { WebPath.decode($0) } ?? ""
    }

    private func find(_ path: RepositoryPath) async throws -> RepositoryView {
        guard let view = try await model.repository(path) else {
            let pushed = try await model.discovered().first { $0.path == path }
            throw Problem(
                code: "unknown_repository", message: "No repository “\(path)” is registered.",
                remedy: "Register it with: \(pushed?.command ?? path.addCommand(cloneURL: nil))")
        }
        return view
    }

    private func repository(_ path: RepositoryPath, _ visitor: Visitor) async throws -> Response {
        let view = try await find(path)
        let hook = try await model.hook(of: path)
        let components = try await model.components().map(\.name)
        let runs = try await model.runs(repository: path, state: nil, before: nil, limit: Self.pageSize)
        let now = Timestamp.now
        var content = RepositoryPage.content(view, hook, components: components)
        content["rows"] = runs.items.map { RunRow($0, now: now) }
        content["live"] = RunFilter(repository: path).address("/live/runs")
        content["all"] = RunFilter(repository: path).address("/")
        return page("repository", path.rawValue, content, section: .repositories, visitor: visitor)
    }

    private func associate(_ form: WebForm, _ path: RepositoryPath) async throws -> Response {
        let view = try await find(path)
        var associations = view.associations
        if let name = form.text("remove") {
            associations.removeAll { $0.component == name }
        } else if let name = form.text("component") {
            let events = try form.words("events").map { word in
                guard let event = Event(rawValue: word) else {
                    throw Problem(
                        code: "malformed_event", message: "“\(word)” is not an event.",
                        remedy: "Events are \(Event.allCases.map(\.rawValue).joined(separator: ", ")).")
                }
                return event
            }
            let new = AssociationView(component: name, events: events, branches: form.words("branches"))
            if let place = associations.firstIndex(where: { $0.component == name }) {
                associations[place] = new
            } else {
                associations.append(new)
            }
        }
        try await model.associate(path, associations)
        return .redirect(to: "/repositories/\(WebPath.encode(path.rawValue))", type: .normal)
    }

    // MARK: The editor

    private func editor(
        _ name: String, _ component: ComponentView?, document: String, _ visitor: Visitor, isSaved: Bool = false,
        findings: Problem? = nil, status: HTTPResponse.Status = .ok
    ) -> Response {
        var content = ComponentPage.content(name, component, document: document, isSaved: isSaved)
        if let findings { content["findings"] = WebFrame.Trouble(findings) }
        return page("component", name, content, section: .components, visitor: visitor, status: status)
    }

    private func save(_ form: WebForm, _ name: String, _ visitor: Visitor) async throws -> Response {
        let text = form["document"] ?? ""
        do {
            let saved = try await model.save(name, try ComponentPage.document(text))
            return .redirect(to: "/components/\(WebPath.encode(saved.name))?saved", type: .normal)
        } catch let problem as Problem {
            let component = try await model.component(name)
            return editor(
                name, component, document: text, visitor, findings: problem, status: .unprocessableContent)
        }
    }

    /// What is wrong with a document, as the part of the page that says so.
    private func check(_ form: WebForm) async throws -> Response {
        var content: [String: Any] = [:]
        do {
            try await model.check(try ComponentPage.document(form["document"] ?? ""))
            content["isValid"] = "The document is valid."
        } catch let problem as Problem {
            content["findings"] = WebFrame.Trouble(problem)
        }
        return .page(pages.part("findings", content))
    }
}
