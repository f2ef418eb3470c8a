import Contracts
import Messaging

/// A worker asks to be given a job.
struct JobClaimHandler: RequestHandler {
    let jobs: JobOperations

    func answer(_ request: JobClaim, _ context: MessageContext) async throws -> JobClaimReply {
        try await jobs.claim(request, by: context.sender, as: .otherStage)
    }
}
