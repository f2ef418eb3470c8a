import Contracts
import Messaging

/// sync asks how a repository is fetched.
struct RepositoryLookupHandler: RequestHandler {
    let repositories: RepositoryOperations

    func answer(_ request: RepositoryLookup, _ context: MessageContext) async throws -> RepositoryLookupReply {
        try await repositories.access(to: request.repository, keys: request.keys, as: .otherStage)
    }
}
