import Contracts
import Messaging

/// A step ended: what waited for it may start.
struct StepFinishedHandler: MessageHandler {
    let jobs: JobOperations

    func handle(_ message: StepFinished, _ context: MessageContext) async throws {
        try await jobs.check(message)
        try await jobs.stepFinished(message, as: .otherStage)
    }
}
