import Contracts
import Messaging

/// A step began.
struct StepStartedHandler: MessageHandler {
    let engine: RunEngine

    func handle(_ message: StepStarted, _ context: MessageContext) async throws {
        _ = try await engine.store.write(once: context.id) { try engine.stepStarted(message, in: $0) }
    }
}
