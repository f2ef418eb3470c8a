import Contracts
import Hummingbird
import WebServer

/// The way in and out.
struct SignInPages {
    let responder: PageResponder

    func register(on router: some RouterMethods<APIContext>) {
        router.page(.get, .signIn) { request, _ in
            form(to: Self.local(request.uri.queryParameters["to"].map(String.init)), wrong: false)
        }
        router.page(.post, .signIn) { request, context in
            await responder.answer(request) { try await signIn(request, from: context.client) }
        }
        router.page(.post, .signOut) { request, context in
            await responder.act(request, context) { _, _ in
                var response = Response.redirect(to: PagePath.signIn.path(), type: .normal)
                response.setCookie(try await responder.sessions.signOut(by: request, from: context.client))
                return response
            }
        }
    }

    private func form(to: String, wrong: Bool) -> Response {
        responder.page(
            "sign-in", "Sign in", ["to": to, "wrong": wrong], for: nil, status: wrong ? .forbidden : .ok)
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
