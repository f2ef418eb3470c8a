import Contracts
import Messaging

/// webhook-gateway asks whose secret a hook may have.
struct HookInquiryHandler: RequestHandler {
    let repositories: RepositoryOperations

    func answer(_ request: HookInquiry, _ context: MessageContext) async throws -> HookInquiryReply {
        try await repositories.neighbours(of: request.repository, cloneURL: request.cloneURL, as: .otherStage)
    }
}
