import Hummingbird
import Logging
import Runtime

/// All that is served: the API under `/api/v1`, and the pages.
enum PipelineRouter {
    /// - Parameters:
    ///   - publicURL: where people reach this service, such as `https://slipway.example`.
    ///   - proxies: those before it that are believed who asks.
    static func make(
        _ operations: Operations, publicURL: String, proxies: TrustedProxies = .none, logger: Logger
    ) throws -> Router<APIContext> {
        let router = Router(context: APIContext.self)
        let sessions = BrowserSessions(access: operations.access, publicURL: publicURL)
        router.add(middleware: ClientMiddleware(proxies: proxies, logger: logger))
        router.add(middleware: ProblemMiddleware())
        let api = router.group("api/v1")
        SessionRoutes(sessions: sessions).add(to: api)
        let inside = api.group().add(middleware: AccessMiddleware(sessions: sessions))
            .group(context: SignedInContext.self)
        RepositoryRoutes(repositories: operations.repositories).add(to: inside)
        ComponentRoutes(components: operations.components).add(to: inside)
        SecretRoutes(secrets: operations.secrets).add(to: inside)
        RunRoutes(runs: operations.runs).add(to: inside)
        LiveRoutes(runs: operations.runs).add(to: inside)
        DeadLetterRoutes(letters: operations.deadLetters).add(to: inside)
        try WebRoutes(operations: operations, sessions: sessions, logger: logger).register(on: router)
        return router
    }
}
