import Contracts
import Messaging

/// A step ended: what waited for it may start.
struct StepFinishedHandler: MessageHandler {
    let engine: RunEngine

    func handle(_ message: StepFinished, _ context: MessageContext) async throws {
        try await engine.stepFinished(message, id: context.id)
    }
}
