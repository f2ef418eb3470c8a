import Contracts
import Messaging

/// A step began.
struct StepStartedHandler: MessageHandler {
    let engine: RunEngine

    func handle(_ message: StepStarted, _ context: MessageContext) async throws {
        try await engine.stepStarted(message, id: context.id)
    }
}
