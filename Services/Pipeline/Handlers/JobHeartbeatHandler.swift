import Contracts
import Messaging

/// A worker still holds its job.
struct JobHeartbeatHandler: MessageHandler {
    let engine: RunEngine

    func handle(_ message: JobHeartbeat, _ context: MessageContext) async throws {
        try await engine.heartbeat(message)
    }
}
