import Contracts
import Hummingbird
import WebServer

/// The way in and out.
struct SignInPages {
    let responder: PageResponder

    func register(on router: some RouterMethods<APIContext>) {
        router.get("sign-in") { request, _ in
            form(to: WebPath.local(request.uri.queryParameters["to"].map(String.init)), wrong: false)
        }
        router.post("sign-in") { request, context in
            await responder.answer(request) { try await signIn(request, from: context.client) }
        }
        router.post("sign-out") { request, context in
            await responder.act(request) { _, _ in
                var response = Response.redirect(to: "/sign-in", type: .normal)
                response.setCookie(try await responder.sessions.signOut(by: request, from: context.client))
                return response
            }
        }
    }

    private func form(to: String, wrong: Bool) -> Response {
        responder.page(
            "sign-in", "Sign in", ["to": to, "wrong": wrong], visitor: nil, status: wrong ? .forbidden : .ok)
    }

    private func signIn(_ request: Request, from client: Client) async throws -> Response {
        let fields = try await WebForm(request)
        let to = WebPath.local(fields["to"])
        let token = (fields["token"] ?? "").filter { !$0.isWhitespace }
        do {
            var response = Response.redirect(to: to, type: .normal)
            response.setCookie(try await responder.sessions.signIn(token, by: request, from: client))
            return response
        } catch let error as OperationError where error.kind == .notSignedIn {
            return form(to: to, wrong: true)
        }
    }
}
