import Contracts
import Messaging

/// The commit is not here yet: the run says why it waits.
struct SyncDelayedHandler: MessageHandler {
    let sources: SourceOperations

    func handle(_ message: SyncDelayed, _ context: MessageContext) async throws {
        try await sources.delayed(message, id: context.id, as: .otherStage)
    }
}
