import HTTPTypes
import Hummingbird
import Logging
import Runtime

/// Finds out who a request comes from, for those inside: the connection's other end, or what a trusted proxy says of it.
/// The outermost of all: it sees every answer.
///
/// A cookie set over HTTPS is for HTTPS only, also where TLS ends at the proxy. Who signs in and who is refused is logged
/// with the client's address.
struct ClientMiddleware: RouterMiddleware {
    let proxies: TrustedProxies
    let logger: Logger

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let client = proxies.client(peer: context.peer) { name in
            HTTPField.Name(name).map { request.headers[values: $0] } ?? []
        }
        var response = try await next(request, context)
        if client.isSecure { Self.secureCookies(of: &response) }
        log(request, response.status, client)
        return response
    }

    private static func secureCookies(of response: inout Response) {
        let cookies = response.headers[values: .setCookie]
        guard !cookies.isEmpty else { return }
        response.headers[values: .setCookie] = cookies.map { cookie in
            let attributes = cookie.split(separator: ";").dropFirst().map { $0.filter { $0 != " " }.lowercased() }
            return attributes.contains("secure") ? cookie : cookie + "; Secure"
        }
    }

    private func log(_ request: Request, _ status: HTTPResponse.Status, _ client: Client) {
        let metadata: Logger.Metadata = [
            "client": "\(client)", "method": "\(request.method)", "path": "\(request.uri.path.prefix(200))",
            "status": "\(status.code)",
        ]
        if status == .unauthorized || status == .forbidden {
            logger.notice("request refused", metadata: metadata)
        } else if request.method == .post, ["/sign-in", "/api/v1/session"].contains(request.uri.path) {
            logger.info(status.code < 400 ? "signed in" : "sign-in failed", metadata: metadata)
        } else {
            logger.debug("request answered", metadata: metadata)
        }
    }
}
