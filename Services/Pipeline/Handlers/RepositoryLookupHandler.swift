import Contracts
import Messaging

/// sync asks how a repository is fetched.
struct RepositoryLookupHandler: RequestHandler {
    let store: PipelineStore

    func answer(_ request: RepositoryLookup, _ context: MessageContext) async throws -> RepositoryLookupReply {
        let repository = try await store.read { try RepositoryStore(database: $0).find(request.repository) }
        guard let repository else { return .unknown }
        return .found(
            .init(cloneURL: repository.cloneURL, username: repository.username, token: repository.token))
    }
}
