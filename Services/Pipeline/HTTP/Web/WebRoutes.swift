import Contracts
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// The pages people see, at the paths of `PagePath`. They read without script; with it they are live.
struct WebRoutes {
    private let operations: Operations
    private let responder: PageResponder

    init(operations: Operations, sessions: BrowserSessions, logger: Logger) throws {
        self.operations = operations
        responder = PageResponder(
            sessions: sessions, templates: try WebPages(), logger: logger,
            standstill: { operations.standstill })
    }

    func register(on router: some RouterMethods<APIContext>) {
        router.page(.get, .asset) { _, context in asset(context) }
        router.page(.get, .icon) { _, _ in Response(status: .noContent) }
        SignInPages(responder: responder).register(on: router)
        AccountPages(responder: responder, operations: operations).register(on: router)
        PeoplePages(responder: responder, people: operations.people, roles: operations.roles).register(on: router)
        RolePages(responder: responder, roles: operations.roles).register(on: router)
        TokenPages(responder: responder, tokens: operations.tokens).register(on: router)
        AuditPages(responder: responder, audit: operations.audit).register(on: router)
        RunPages(responder: responder, operations: operations).register(on: router)
        RepositoryPages(responder: responder, operations: operations).register(on: router)
        SchedulePages(responder: responder, operations: operations).register(on: router)
        ComponentPages(responder: responder, components: operations.components).register(on: router)
        EnvironmentPages(responder: responder, environments: operations.environments).register(on: router)
        WorkerPages(responder: responder, workers: operations.workers, pools: operations.pools).register(on: router)
        ParkedPages(responder: responder, letters: operations.deadLetters).register(on: router)
    }

    private func asset(_ context: APIContext) -> Response {
        guard let name = context.parameters.get("file"), let file = WebPages.files[name] else {
            return Response(status: .notFound)
        }
        let isCurrent = context.parameters.get("version") == responder.templates.version
        return Response(
            status: .ok,
            headers: [
                .contentType: file.type, .xContentTypeOptions: "nosniff",
                .cacheControl: isCurrent ? "public, max-age=31536000, immutable" : "no-cache",
            ], body: .init(byteBuffer: ByteBuffer(bytes: file.bytes)))
    }
}
