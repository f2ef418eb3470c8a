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
    /// Whether connections are over TLS.
    let isSecure: Bool
    let logger: Logger

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let client = proxies.client(peer: context.peer, isSecure: isSecure) { name in
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

/// Has browsers come by HTTPS alone, once they have come by it: `Strict-Transport-Security` (RFC 6797).
struct StrictTransport: RouterMiddleware {
    /// Whether people come by HTTPS whatever the connection is: to a proxy before this service. Browsers pass the field
    /// over in what comes by plain HTTP.
    let isAlways: Bool

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        if isAlways || context.client.isSecure { response.headers[.strictTransportSecurity] = "max-age=31536000" }
        return response
    }
}
