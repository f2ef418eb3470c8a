import Contracts
import Messaging

/// A job ended, or was handed back.
struct JobFinishedHandler: MessageHandler {
    let jobs: JobOperations

    func handle(_ message: JobFinished, _ context: MessageContext) async throws {
        try await jobs.check(message)
        try await jobs.jobFinished(message, as: .otherStage)
    }
}
