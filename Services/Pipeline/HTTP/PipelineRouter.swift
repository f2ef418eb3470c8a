import Contracts
import HTTPTypes
import Hummingbird
import Logging
import WebServer

/// All that is served: the API under `/api/v1`, and the pages.
enum PipelineRouter {
    /// - Parameters:
    ///   - publicURL: where people reach this service, such as `https://slipway.example`.
    ///   - isSecure: whether it is served over TLS.
    ///   - proxies: those before it that are believed who asks.
    static func make(
        _ operations: Operations, publicURL: String, isSecure: Bool = false, proxies: TrustedProxies = .none,
        logger: Logger
    ) throws -> HeadRequests<APIContext> {
        let router = try routes(operations, publicURL: publicURL, isSecure: isSecure, proxies: proxies, logger: logger)
        refuseOtherMethods(on: router)
        return HeadRequests(router: router)
    }

    /// All that is answered with more than a refusal.
    static func routes(
        _ operations: Operations, publicURL: String, isSecure: Bool = false, proxies: TrustedProxies = .none,
        logger: Logger
    ) throws -> Router<APIContext> {
        let router = Router(context: APIContext.self)
        let sessions = BrowserSessions(
            access: operations.access, signIns: operations.signIns, publicURL: publicURL)
        router.add(middleware: ClientMiddleware(proxies: proxies, isSecure: isSecure, logger: logger))
        router.add(middleware: StrictTransport(isAlways: publicURL.hasPrefix("https://")))
        router.add(middleware: ProblemMiddleware())
        let api = router.group(RouterPath(APIPath.root))
        DocumentRoute().add(to: api)
        SessionRoutes(sessions: sessions).add(to: api)
        let inside = api.group().add(middleware: AccessMiddleware(sessions: sessions))
            .group(context: SignedInContext.self)
        RepositoryRoutes(repositories: operations.repositories).add(to: inside)
        ComponentRoutes(components: operations.components).add(to: inside)
        EnvironmentRoutes(environments: operations.environments).add(to: inside)
        SecretRoutes(secrets: operations.secrets).add(to: inside)
        RunRoutes(runs: operations.runs).add(to: inside)
        LiveRoutes(runs: operations.runs, sessions: sessions).add(to: inside)
        WorkerRoutes(workers: operations.workers).add(to: inside)
        PoolRoutes(pools: operations.pools).add(to: inside)
        TokenRoutes(tokens: operations.tokens).add(to: inside)
        PersonRoutes(
            people: operations.people, signIns: operations.signIns, sessions: operations.sessions
        ).add(to: inside)
        AuditRoutes(audit: operations.audit, sessions: sessions).add(to: inside)
        RoleRoutes(roles: operations.roles).add(to: inside)
        RetentionRoutes(retention: operations.retention, repositories: operations.repositories).add(to: inside)
        ScheduleRoutes(schedules: operations.schedules, runs: operations.runs).add(to: inside)
        KeyRoutes(keys: operations.keys).add(to: inside)
        DeadLetterRoutes(letters: operations.deadLetters).add(to: inside)
        try WebRoutes(operations: operations, sessions: sessions, logger: logger).register(on: router)
        return router
    }

    /// Another method on a path there is gets 405 with those it has (RFC 9110 15.5.6).
    private static func refuseOtherMethods(on router: Router<APIContext>) {
        let methods = ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE", "QUERY"]
            .compactMap(HTTPRequest.Method.init(rawValue:))
        for (path, routes) in Dictionary(grouping: router.routes, by: \.path.description) {
            var names = routes.map(\.method.rawValue)
            if names.contains("GET") { names.append("HEAD") }
            let allowed = names.sorted().joined(separator: ", ")
            for method in methods where !routes.contains(where: { $0.method == method }) {
                router.on(RouterPath(path), method: method) { request, _ -> Response in
                    var answer = try Response.json(
                        Problem(
                            code: "method_not_allowed", message: "\(request.uri.path) is not for \(method)",
                            remedy: "send \(allowed)"),
                        status: .methodNotAllowed)
                    answer.headers[.allow] = allowed
                    return answer
                }
            }
        }
    }
}
