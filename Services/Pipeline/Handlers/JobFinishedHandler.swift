import Contracts
import Messaging

/// A job ended, or was handed back.
struct JobFinishedHandler: MessageHandler {
    let engine: RunEngine

    func handle(_ message: JobFinished, _ context: MessageContext) async throws {
        _ = try await engine.store.write(once: context.id) { try engine.jobFinished(message, in: $0) }
    }
}
