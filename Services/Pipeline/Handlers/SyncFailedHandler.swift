import Contracts
import Messaging

/// The commit could not be fetched: the run fails with the reason.
struct SyncFailedHandler: MessageHandler {
    let engine: RunEngine

    func handle(_ message: SyncFailed, _ context: MessageContext) async throws {
        try await engine.syncFailed(message, id: context.id)
    }
}
