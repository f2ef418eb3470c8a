/// All that is done with the platform, whoever asks and by whatever way: the API, the pages, the messages of other stages
/// and the commands of this program decode, call one of these and present what it returns. What is due by time alone is
/// the engine's own (``DeadlineTimer``).
///
/// An operation takes values and the ``Principal`` who asks, and throws an ``OperationError`` for what it refuses. It
/// knows nothing of HTTP.
struct Operations: Sendable {
    let access: Access
    let signIns: SignInOperations
    let people: PeopleOperations
    let sessions: SessionOperations
    let tokens: TokenOperations
    let runs: RunOperations
    let repositories: RepositoryOperations
    let components: ComponentOperations
    let environments: EnvironmentOperations
    let secrets: SecretOperations
    let keys: KeyOperations
    let retention: RetentionOperations
    let deadLetters: DeadLetterOperations
    let sources: SourceOperations
    let jobs: JobOperations
    let workers: WorkerOperations
    let pools: PoolOperations
    let roles: RoleOperations
    let schedules: ScheduleOperations
    let audit: AuditOperations
    private let store: PipelineStore

    /// Why the platform does not get on, though it answers; `nil` where it does.
    var standstill: String? { store.standstill }

    init(
        engine: RunEngine, reader: RunReader, logs: LogStore, hooks: HookAddress,
        passwords: PasswordHasher = PasswordHasher(), policy: SessionPolicy = SessionPolicy(),
        openID: OpenIDProvider? = nil, table: RightsTable = .standard
    ) {
        let store = engine.store
        self.store = store
        access = Access(store: store, policy: policy, table: table)
        signIns = SignInOperations(
            store: store, hasher: passwords, policy: policy, publicURL: engine.configuration.publicURL,
            openID: openID)
        people = PeopleOperations(store: store, signIns: signIns)
        sessions = SessionOperations(store: store, policy: policy)
        tokens = TokenOperations(store: store, uses: access.uses)
        runs = RunOperations(engine: engine, reader: reader)
        repositories = RepositoryOperations(engine: engine, hooks: hooks)
        components = ComponentOperations(store: store)
        environments = EnvironmentOperations(engine: engine)
        secrets = SecretOperations(store: store, keys: engine.configuration.keys)
        keys = KeyOperations(store: store, keys: engine.configuration.keys)
        retention = RetentionOperations(store: store, retention: engine.configuration.retention)
        deadLetters = DeadLetterOperations(store: store)
        sources = SourceOperations(engine: engine)
        jobs = JobOperations(
            engine: engine,
            intake: LogIntake(
                store: store, logs: logs, limit: engine.configuration.quotas.longestLog, logger: engine.logger))
        workers = WorkerOperations(engine: engine)
        pools = PoolOperations(store: store)
        roles = RoleOperations(store: store)
        schedules = ScheduleOperations(engine: engine)
        audit = AuditOperations(store: store)
    }
}
