import Contracts
import Messaging

/// A step began.
struct StepStartedHandler: MessageHandler {
    let jobs: JobOperations

    func handle(_ message: StepStarted, _ context: MessageContext) async throws {
        try await jobs.check(message)
        try await jobs.stepStarted(message, as: .otherStage)
    }
}
