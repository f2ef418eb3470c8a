import Contracts
import Messaging

/// A job ended, or was handed back.
struct JobFinishedHandler: MessageHandler {
    let engine: RunEngine

    func handle(_ message: JobFinished, _ context: MessageContext) async throws {
        try await engine.jobFinished(message, id: context.id)
    }
}
