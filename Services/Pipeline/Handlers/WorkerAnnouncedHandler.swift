import Contracts
import Messaging

/// A worker is there, or leaves.
struct WorkerAnnouncedHandler: MessageHandler {
    let workers: WorkerOperations

    func handle(_ message: WorkerAnnounced, _ context: MessageContext) async throws {
        try await workers.announce(message, as: .otherStage)
    }
}
