import Contracts
import Storage

/// The platform as the pages use it: the same operations as the API's, with their problems thrown as they are.
struct PlatformModel: WebModel {
    let platform: Platform

    private var repositoryRoutes: RepositoryRoutes {
        RepositoryRoutes(store: platform.store, keys: platform.keys, hooks: platform.hooks)
    }

    private var componentRoutes: ComponentRoutes { ComponentRoutes(store: platform.store) }

    private func told<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as APIError {
            throw error.problem
        }
    }

    // MARK: Access

    func signIn(token: String) async throws -> WebSession? {
        guard let session = try await platform.access.makeSession(token: token) else { return nil }
        return WebSession(
            value: session, life: Int(AccessStore.sessionLife.components.seconds),
            isSecure: platform.publicURL.hasPrefix("https://"))
    }

    func isSignedIn(_ session: String) async throws -> Bool {
        try await platform.access.isSession(session)
    }

    func signOut(_ session: String) async throws { try await platform.access.signOut(session) }

    // MARK: Reading

    func runs(
        repository: RepositoryPath?, state: RunState?, before: String?, limit: Int
    ) async throws -> Page<RunSummary> {
        try await platform.runs.list(
            RunStore.Filter(repository: repository, state: state), before: before.flatMap(Int64.init), limit: limit)
    }

    func run(_ id: RunID) async throws -> RunView? { try await platform.runs.view(id) }

    func log(of run: RunID, step: StepView, from offset: Int64, limit: Int) async throws -> [UInt8] {
        try await platform.runs.logs.read(
            LogStreamID(run: run, step: step.id, attempt: step.attempt), from: offset, limit: limit)
    }

    func changes(of run: RunID?) -> any WebChanges { platform.store.changes.watch(run) }

    func repositories() async throws -> [RepositoryView] {
        try await platform.store.read { [hooks = platform.hooks] in try RepositoryRoutes.views(in: $0, hooks) }
    }

    func discovered() async throws -> [DiscoveredRepositoryView] {
        try await platform.store.read { try DiscoveredRepositoryStore(database: $0).all() }
    }

    func repository(_ path: RepositoryPath) async throws -> RepositoryView? {
        try await platform.store.read { [hooks = platform.hooks] database in
            let repositories = RepositoryStore(database: database)
            return try repositories.find(path).map { try RepositoryRoutes.view(of: $0, in: repositories, hooks) }
        }
    }

    func hook(of path: RepositoryPath) async throws -> HookView {
        try await told { try await repositoryRoutes.hook(of: path) }
    }

    func components() async throws -> [ComponentView] {
        try await platform.store.read { try ComponentStore(database: $0).all() }
    }

    func component(_ name: String) async throws -> ComponentView? {
        try await platform.store.read { try ComponentStore(database: $0).find(name) }
    }

    func process(_ digest: String) async throws -> String? {
        try await platform.store.read { try ComponentStore(database: $0).process(digest) }
    }

    func parked() async throws -> [DeadLetterView] {
        try await platform.store.read { try DeadLetterStore(database: $0).page(before: nil, limit: 200).items }
    }

    // MARK: Acting

    func start(_ request: RunRequest) async throws -> RunID {
        try await told { try await platform.actions.start(request).summary.id }
    }

    func cancel(_ run: RunID) async throws { try await told { _ = try await platform.actions.cancel(run) } }

    func again(_ run: RunID) async throws -> RunID {
        try await told { try await platform.actions.again(run).summary.id }
    }

    func associate(_ path: RepositoryPath, _ associations: [AssociationView]) async throws {
        try await told { try await repositoryRoutes.associate(associations, with: path) }
    }

    func check(_ document: JSONValue) async throws {
        try await told { _ = try ComponentRoutes.check(document, name: "document") }
    }

    func save(_ component: String, _ document: JSONValue) async throws -> ComponentView {
        try await told { try await componentRoutes.save(document, as: component).view }
    }

    func retry(_ message: MessageID) async throws {
        try await told { try await DeadLetterRoutes(store: platform.store).retry(message) }
    }
}

extension RunChanges.Watch: WebChanges {}
