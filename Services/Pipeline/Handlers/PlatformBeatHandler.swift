import Contracts
import Messaging

/// Time has gone on in which workers could be heard.
struct PlatformBeatHandler: MessageHandler {
    let jobs: JobOperations

    func handle(_ message: PlatformBeat, _ context: MessageContext) async throws {
        try await jobs.beat(message, as: .otherStage)
    }
}
