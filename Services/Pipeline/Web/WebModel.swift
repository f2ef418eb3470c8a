import Contracts

/// What pages need of the platform. A ``Contracts/Problem`` thrown by any of it is shown to the person.
protocol WebModel: Sendable {
    // MARK: Access

    /// The session made with a token, or `nil` where the token is wrong.
    func signIn(token: String) async throws -> WebSession?
    func isSignedIn(_ session: String) async throws -> Bool
    func signOut(_ session: String) async throws

    // MARK: Reading

    func runs(
        repository: RepositoryPath?, state: RunState?, before: String?, limit: Int
    ) async throws -> Page<RunSummary>
    func run(_ id: RunID) async throws -> RunView?
    /// A piece of a step's log; empty where there is nothing more.
    func log(of run: RunID, step: StepView, from offset: Int64, limit: Int) async throws -> [UInt8]
    /// Something changed with the run, or with any.
    func changes(of run: RunID?) -> any WebChanges
    func repositories() async throws -> [RepositoryView]
    /// Those that are pushed to and not registered.
    func discovered() async throws -> [DiscoveredRepositoryView]
    func repository(_ path: RepositoryPath) async throws -> RepositoryView?
    func hook(of path: RepositoryPath) async throws -> HookView
    func components() async throws -> [ComponentView]
    func component(_ name: String) async throws -> ComponentView?
    /// The JSON of a process by its digest.
    func process(_ digest: String) async throws -> String?
    func parked() async throws -> [DeadLetterView]

    // MARK: Acting

    func start(_ request: RunRequest) async throws -> RunID
    func cancel(_ run: RunID) async throws
    func again(_ run: RunID) async throws -> RunID
    func associate(_ path: RepositoryPath, _ associations: [AssociationView]) async throws
    /// Throws a problem that says everything that is wrong with the document.
    func check(_ document: JSONValue) async throws
    func save(_ component: String, _ document: JSONValue) async throws -> ComponentView
    func retry(_ message: MessageID) async throws
}

/// A browser's session: the cookie's value and how long it lasts.
struct WebSession: Sendable, Equatable {
    var value: String
    /// In seconds.
    var life: Int
    /// Whether the cookie is for HTTPS only.
    var isSecure: Bool
}

/// Tells *that* something changed; what it is, is read anew.
protocol WebChanges: Sendable {
    /// Has an element whenever there may be something new; several changes may be one element.
    var wakes: AsyncStream<Void> { get }
    func end()
}
