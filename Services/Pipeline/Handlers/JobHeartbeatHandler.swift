import Contracts
import Messaging

/// A worker still holds its job. Said twice it means no more than once, so it is not noted in the inbox.
struct JobHeartbeatHandler: MessageHandler {
    let engine: RunEngine

    func handle(_ message: JobHeartbeat, _ context: MessageContext) async throws {
        try await engine.store.write { try engine.heartbeat(message, in: $0) }
    }
}
