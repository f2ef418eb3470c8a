import Contracts
import Messaging

/// A step ended: what waited for it may start.
struct StepFinishedHandler: MessageHandler {
    let engine: RunEngine

    func handle(_ message: StepFinished, _ context: MessageContext) async throws {
        _ = try await engine.store.write(once: context.id) { try engine.stepFinished(message, in: $0) }
    }
}
