import Contracts
import HTTPTypes
import Hummingbird
import Text

/// The components, and the editor of one.
struct ComponentPages {
    let responder: PageResponder
    let components: ComponentOperations

    func register(on router: some RouterMethods<APIContext>) {
        router.get("components") { request, _ in await responder.show(request) { try await list(request, $0) } }
        router.get("components/:name") { request, context in
            await responder.show(request) { visitor in
                let name = name(context)
                let component = try await components.find(name, as: visitor.principal)
                return editor(
                    name, component, document: try ComponentPage.text(component), visitor,
                    isSaved: request.uri.queryParameters["saved"] != nil)
            }
        }
        router.post("components/:name") { request, context in
            await responder.act(request) { try await save($0, name(context), $1) }
        }
        router.post("components/:name/check") { request, _ in
            await responder.act(request) { try check($0, $1) }
        }
    }

    private func name(_ context: APIContext) -> String {
        context.parameters.get("name").flatMap { PercentCoding.decode($0) } ?? ""
    }

    private func list(_ request: Request, _ visitor: Visitor) async throws -> Response {
        if let name = request.uri.queryParameters["new"], !name.isEmpty {
            return .redirect(to: "/components/\(WebPath.encode(String(name)))", type: .normal)
        }
        let now = Timestamp.now
        let rows = try await components.all(as: visitor.principal).map { ComponentRow($0, now: now) }
        return responder.page(
            "components", "Components", ["components": rows, "hasComponents": !rows.isEmpty],
            section: .components, visitor: visitor)
    }

    private func editor(
        _ name: String, _ component: ComponentView?, document: String, _ visitor: Visitor, isSaved: Bool = false,
        findings: Problem? = nil, status: HTTPResponse.Status = .ok
    ) -> Response {
        var content = ComponentPage.content(name, component, document: document, isSaved: isSaved)
        if let findings { content["findings"] = WebFrame.Trouble(findings) }
        return responder.page("component", name, content, section: .components, visitor: visitor, status: status)
    }

    private func save(_ form: WebForm, _ name: String, _ visitor: Visitor) async throws -> Response {
        let text = form["document"] ?? ""
        do {
            let document = try ComponentPage.document(text)
            let saved = try await components.save(document, as: name, by: visitor.principal).view
            return .redirect(to: "/components/\(WebPath.encode(saved.name))?saved", type: .normal)
        } catch let error as OperationError {
            let component = try await components.find(name, as: visitor.principal)
            return editor(
                name, component, document: text, visitor, findings: error.problem, status: .unprocessableContent)
        }
    }

    /// What is wrong with a document, as the part of the page that says so.
    private func check(_ form: WebForm, _ visitor: Visitor) throws -> Response {
        var content: [String: Any] = [:]
        do {
            try components.check(try ComponentPage.document(form["document"] ?? ""), as: visitor.principal)
            content["isValid"] = "The document is valid."
        } catch let error as OperationError {
            content["findings"] = WebFrame.Trouble(error.problem)
        }
        return .page(responder.templates.part("findings", content))
    }
}
