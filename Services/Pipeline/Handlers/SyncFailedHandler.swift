import Contracts
import Messaging

/// The commit could not be fetched: the run fails with the reason.
struct SyncFailedHandler: MessageHandler {
    let sources: SourceOperations

    func handle(_ message: SyncFailed, _ context: MessageContext) async throws {
        try await sources.failed(message, id: context.id, as: .otherStage)
    }
}
