import Contracts
import Messaging

/// The commit is in the mirror: the run begins.
struct SourceSyncedHandler: MessageHandler {
    let sources: SourceOperations

    func handle(_ message: SourceSynced, _ context: MessageContext) async throws {
        try await sources.synced(message, id: context.id, as: .otherStage)
    }
}
