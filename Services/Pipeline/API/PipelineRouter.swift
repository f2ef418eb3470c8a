import Contracts
import Hummingbird

/// All that is served: the API under `/api/v1`, and the pages.
enum PipelineRouter {
    static func make(_ platform: Platform) throws -> Router<APIContext> {
        let router = Router(context: APIContext.self)
        router.add(middleware: ProblemMiddleware())
        let api = router.group("api/v1")
        SessionRoutes(access: platform.access, isSecure: platform.publicURL.hasPrefix("https://")).add(to: api)
        let inside = api.group().add(middleware: AccessMiddleware(access: platform.access))
        RepositoryRoutes(store: platform.store, keys: platform.keys, hooks: platform.hooks).add(to: inside)
        ComponentRoutes(store: platform.store).add(to: inside)
        SecretRoutes(store: platform.store, keys: platform.keys).add(to: inside)
        RunRoutes(reader: platform.runs, actions: platform.actions).add(to: inside)
        LiveRoutes(reader: platform.runs).add(to: inside)
        DeadLetterRoutes(store: platform.store).add(to: inside)
        try WebRoutes(model: PlatformModel(platform: platform), logger: platform.logger).register(on: router)
        return router
    }
}
