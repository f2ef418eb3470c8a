import Contracts
import Messaging

/// A step ended: what waited for it may start.
struct StepFinishedHandler: MessageHandler {
    let jobs: JobOperations

    func handle(_ message: StepFinished, _ context: MessageContext) async throws {
        try jobs.check(message)
        try await jobs.stepFinished(message, id: context.id, as: .otherStage)
    }
}
