import Contracts
import Messaging

/// The commit is not here yet: the run says why it waits.
struct SyncDelayedHandler: MessageHandler {
    let engine: RunEngine

    func handle(_ message: SyncDelayed, _ context: MessageContext) async throws {
        try await engine.syncDelayed(message, id: context.id)
    }
}
