import Contracts
import Messaging

/// A worker is there, or leaves.
struct WorkerAnnouncedHandler: MessageHandler {
    let workers: WorkerOperations

    func handle(_ message: WorkerAnnounced, _ context: MessageContext) async throws {
        do {
            try await workers.announce(message, by: context.sender, as: .otherStage)
        } catch let problem as Problem {
            throw MessageFailure.permanent(problem.message)
        }
    }
}
