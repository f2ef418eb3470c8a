import Contracts
import Messaging

/// sync asks how a repository is fetched.
struct RepositoryLookupHandler: RequestHandler {
    let repositories: RepositoryOperations

    func answer(_ request: RepositoryLookup, _ context: MessageContext) async throws -> RepositoryLookupReply {
        guard let source = try await repositories.source(of: request.repository, as: .otherStage) else {
            return .unknown
        }
        return .found(.init(cloneURL: source.cloneURL, username: source.username, token: source.token))
    }
}
