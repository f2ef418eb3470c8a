import Contracts
import Messaging

/// A piece of a step's log: written to its file, and acked once it is on the disk.
struct LogChunkHandler: MessageHandler {
    let intake: LogIntake

    func handle(_ message: LogChunk, _ context: MessageContext) async throws {
        do {
            try await intake.add(message)
        } catch let unknown as LogIntake.Unknown {
            throw MessageFailure.permanent("\(unknown)")
        } catch let gap as LogGap {
            throw MessageFailure.retry("\(gap)")
        }
    }
}
