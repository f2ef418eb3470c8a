import Secrets

/// All that is done with the platform, whoever asks and by whatever way: the API, the pages and the messages of other
/// stages decode, call one of these and present what it returns.
///
/// An operation takes values and the ``Principal`` who asks, and throws an ``OperationError`` for what it refuses. It
/// knows nothing of HTTP.
struct Operations: Sendable {
    let access: Access
    let runs: RunOperations
    let repositories: RepositoryOperations
    let components: ComponentOperations
    let environments: EnvironmentOperations
    let secrets: SecretOperations
    let deadLetters: DeadLetterOperations

    init(engine: RunEngine, reader: RunReader, keys: KeyRing, hooks: HookAddress) {
        let store = engine.store
        access = Access(store: store)
        runs = RunOperations(engine: engine, reader: reader)
        repositories = RepositoryOperations(store: store, keys: keys, hooks: hooks)
        components = ComponentOperations(store: store)
        environments = EnvironmentOperations(store: store)
        secrets = SecretOperations(store: store, keys: keys)
        deadLetters = DeadLetterOperations(store: store)
    }
}
