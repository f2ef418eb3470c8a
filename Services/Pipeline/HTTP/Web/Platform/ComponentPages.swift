import Contracts
import HTTPTypes
import Hummingbird

/// The components, and the editor of one.
struct ComponentPages {
    let responder: PageResponder
    let components: ComponentOperations

    func register(on router: some RouterMethods<APIContext>) {
        router.page(.get, .components) { request, context in
            await responder.show(request, context) { try await list(request, $0) }
        }
        router.page(.get, .component) { request, context in
            await responder.show(request, context) { principal in
                let name = try context.part("name")
                let component = try await components.find(name, as: principal)
                return editor(
                    name, component, document: try ComponentPage.text(component), principal,
                    isSaved: request.uri.queryParameters["saved"] != nil)
            }
        }
        router.page(.post, .component) { request, context in
            await responder.act(request, context) { try await save($0, try context.part("name"), $1) }
        }
        router.page(.post, .checkComponent) { request, context in
            await responder.act(request, context) { try check($0, $1) }
        }
    }

    private func list(_ request: Request, _ principal: Principal) async throws -> Response {
        if let name = request.uri.queryParameters["new"], !name.isEmpty {
            return .redirect(to: PagePath.component.path([String(name)]), type: .normal)
        }
        let now = Timestamp.now
        let rows = try await components.all(as: principal).map { ComponentRow($0, now: now) }
        return responder.page(
            "components", "Components", ["components": rows, "hasComponents": !rows.isEmpty],
            section: .components, for: principal)
    }

    private func editor(
        _ name: String, _ component: ComponentView?, document: String, _ principal: Principal, isSaved: Bool = false,
        findings: Problem? = nil, status: HTTPResponse.Status = .ok
    ) -> Response {
        var content = ComponentPage.content(name, component, document: document, isSaved: isSaved)
        if let findings { content["findings"] = WebFrame.Trouble(findings) }
        return responder.page("component", name, content, section: .components, for: principal, status: status)
    }

    private func save(_ form: WebForm, _ name: String, _ principal: Principal) async throws -> Response {
        let text = form["document"] ?? ""
        do {
            let document = try ComponentPage.document(text)
            let saved = try await components.save(document, as: name, by: principal).view
            return .redirect(to: PagePath.component.path([saved.name]) + "?saved", type: .normal)
        } catch let error as OperationError where error.kind == .invalid {
            let component = try await components.find(name, as: principal)
            return editor(
                name, component, document: text, principal, findings: error.problem, status: .unprocessableContent)
        }
    }

    /// What is wrong with a document, as the part of the page that says so.
    private func check(_ form: WebForm, _ principal: Principal) throws -> Response {
        var content: [String: Any] = [:]
        do {
            try components.check(try ComponentPage.document(form["document"] ?? ""), as: principal)
            content["isValid"] = "The document is valid."
        } catch let error as OperationError where error.kind == .invalid {
            content["findings"] = WebFrame.Trouble(error.problem)
        }
        return .page(responder.templates.part("findings", content))
    }
}
