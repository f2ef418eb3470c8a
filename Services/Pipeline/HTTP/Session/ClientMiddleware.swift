import Contracts
import HTTPTypes
import Hummingbird
import Logging
import WebServer

/// Finds out who a request comes from, for those inside: the connection's other end, or what a trusted proxy says of it.
/// The outermost of all: it sees every answer.
///
/// Who signs in and who is refused is logged with the client's address.
struct ClientMiddleware: RouterMiddleware {
    let proxies: TrustedProxies
    let logger: Logger

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let client = proxies.client(peer: context.peer) { name in
            HTTPField.Name(name).map { request.headers[values: $0] } ?? []
        }
        var context = context
        context.client = client
        let response = try await next(request, context)
        log(request, response.status, client)
        return response
    }

    private func log(_ request: Request, _ status: HTTPResponse.Status, _ client: Client) {
        let metadata: Logger.Metadata = [
            "client": "\(client)", "method": "\(request.method)", "path": "\(request.uri.path.prefix(200))",
            "status": "\(status.code)",
        ]
        if status == .unauthorized || status == .forbidden {
            logger.notice("request refused", metadata: metadata)
        } else if request.method == .post, [PagePath.signIn.path(), APIPath.session.path()].contains(request.uri.path) {
            logger.info(status.code < 400 ? "signed in" : "sign-in failed", metadata: metadata)
        } else {
            logger.debug("request answered", metadata: metadata)
        }
    }
}
