import Contracts
import Messaging

/// The commit is in the mirror: the run begins.
struct SourceSyncedHandler: MessageHandler {
    let engine: RunEngine

    func handle(_ message: SourceSynced, _ context: MessageContext) async throws {
        try await engine.sourceSynced(message, id: context.id)
    }
}
