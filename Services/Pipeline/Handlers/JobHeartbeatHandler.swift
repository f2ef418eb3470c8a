import Contracts
import Messaging

/// A worker still holds its job.
struct JobHeartbeatHandler: MessageHandler {
    let jobs: JobOperations

    func handle(_ message: JobHeartbeat, _ context: MessageContext) async throws {
        try await jobs.check(message)
        try await jobs.heartbeat(message, as: .otherStage)
    }
}
