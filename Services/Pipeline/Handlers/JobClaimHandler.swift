import Contracts
import Messaging

/// A worker asks to be given a job.
struct JobClaimHandler: RequestHandler {
    let engine: RunEngine

    func answer(_ request: JobClaim, _ context: MessageContext) async throws -> JobClaimReply {
        try await engine.claim(request)
    }
}
