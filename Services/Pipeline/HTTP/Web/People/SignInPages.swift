import Contracts
import Hummingbird
import WebServer

/// The way in and out: by name and password, by a token, and by a link that works once.
struct SignInPages {
    let responder: PageResponder

    private var signIns: SignInOperations { responder.sessions.signIns }

    func register(on router: some RouterMethods<APIContext>) {
        router.page(.get, .signIn) { request, _ in
            form(to: Self.local(request.uri.queryParameters["to"].map(String.init)))
        }
        router.page(.post, .signIn) { request, context in
            await responder.answer(request) { try await signIn(request, from: context.client) }
        }
        router.page(.get, .signInElsewhere) { request, context in
            await responder.answer(request) { try await leave(request, to: context.client) }
        }
        router.page(.get, .signedIn) { request, context in
            await responder.answer(request) { try await comeBack(request, from: context.client) }
        }
        router.page(.post, .signOut) { request, context in
            await responder.act(request, context) { _, _ in
                var response = Response.redirect(to: PagePath.signIn.path(), type: .normal)
                response.setCookie(try await responder.sessions.signOut(by: request, from: context.client))
                return response
            }
        }
        router.page(.get, .link) { request, context in
            await responder.answer(request) {
                let visitor = responder.sessions.visitor(request, from: context.client)
                return try await link(request.uri.queryParameters["code"].map(String.init) ?? "", from: visitor)
            }
        }
        router.page(.post, .link) { request, context in
            await responder.answer(request) { try await redeem(request, from: context.client) }
        }
    }

    // MARK: - Name and password, or a token

    private func form(to: String, name: String? = nil, problem: OperationError? = nil) -> Response {
        var content: [String: Any] = ["to": to, "name": name ?? ""]
        if let provider = signIns.openID {
            content["provider"] = [
                "label": provider.configuration.label,
                "address": PagePath.signInElsewhere.path(query: [("to", to)]),
            ]
        }
        var status = HTTPResponse.Status.ok
        if let problem {
            content["problem"] = WebFrame.Trouble(problem.problem)
            status = problem.kind == .notSignedIn ? .forbidden : ProblemAnswer(problem).status
        }
        var response = responder.page("sign-in", "Sign in", content, for: nil, status: status)
        response.headers[.retryAfter] = problem?.retryAfter.map { "\($0)" }
        return response
    }

    /// A place to go after signing in: on this site only, whatever a link says.
    private static func local(_ text: String?) -> String {
        guard let text, text.hasPrefix("/"), !text.hasPrefix("//"), !text.contains("\\"),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return PagePath.home.path() }
        return text
    }

    private func signIn(_ request: Request, from client: Client) async throws -> Response {
        let fields = try await WebForm(request, limit: Request.strangerLimit)
        let to = Self.local(fields["to"])
        let name = fields.text("name")
        let credentials =
            fields.text("token").map { SessionRequest(token: $0) }
            ?? SessionRequest(name: name ?? "", password: fields["password"] ?? "")
        do {
            var response = Response.redirect(to: to, type: .normal)
            response.setCookie(try await responder.sessions.signIn(credentials, by: request, from: client))
            return response
        } catch let error as OperationError where error.kind == .notSignedIn || error.kind == .tooMany {
            return form(to: to, name: name, problem: error)
        }
    }

    // MARK: - The provider

    private func leave(_ request: Request, to client: Client) async throws -> Response {
        let to = Self.local(request.uri.queryParameters["to"].map(String.init))
        let attempt = OpenIDRequest.make()
        do {
            var response = Response.redirect(to: try await signIns.address(for: attempt), type: .normal)
            response.setCookie(responder.sessions.cookie(attempt, to: to, for: client))
            return response
        } catch let error as OperationError where error.kind == .unavailable {
            return form(to: to, problem: error)
        }
    }

    private func comeBack(_ request: Request, from client: Client) async throws -> Response {
        let kept = responder.sessions.attempt(of: request, from: client)
        let to = Self.local(kept?.place)
        func text(_ name: Substring) -> String? { request.uri.queryParameters[name].map(String.init) }
        var response: Response
        do {
            let begun = try await signIns.signIn(
                SignInOperations.ProviderAnswer(
                    state: text("state"), code: text("code"), error: text("error"),
                    description: text("error_description"), issuer: text("iss")),
                to: kept?.attempt, from: responder.sessions.visitor(request, from: client))
            response = .redirect(to: to, type: .normal)
            response.setCookie(responder.sessions.cookie(begun, for: client))
        } catch let error as OperationError where error.kind == .forbidden || error.kind == .unavailable {
            response = form(to: to, problem: error)
        }
        response.setCookie(responder.sessions.noAttempt(for: client))
        return response
    }

    // MARK: - Links

    private func link(
        _ code: String, _ fields: WebForm? = nil, problem: OperationError? = nil, from visitor: Visitor
    ) async throws -> Response {
        let link = try await signIns.look(at: code, from: visitor)
        var content: [String: Any] = [
            "code": code, "chosen": fields?.text("name") ?? "admin", "display": fields?.text("display") ?? "",
        ]
        content["name"] = link.account
        if let problem { content["problem"] = WebFrame.Trouble(problem.problem) }
        return responder.page(
            "link", "Sign in", content, for: nil, status: problem == nil ? .ok : .badRequest)
    }

    private func redeem(_ request: Request, from client: Client) async throws -> Response {
        try responder.sessions.checkOrigin(of: request)
        let fields = try await WebForm(request, limit: Request.strangerLimit)
        let code = fields["code"] ?? ""
        do {
            let begun = try await signIns.redeem(
                code, name: fields.text("name"), displayName: fields.text("display"),
                password: fields["password"].flatMap { $0.isEmpty ? nil : $0 },
                from: responder.sessions.visitor(request, from: client))
            var response = Response.redirect(to: PagePath.home.path(), type: .normal)
            response.setCookie(responder.sessions.cookie(begun, for: client))
            return response
        } catch let error as OperationError where [.invalid, .conflict, .forbidden].contains(error.kind) {
            return try await link(
                code, fields, problem: error, from: responder.sessions.visitor(request, from: client))
        }
    }
}
