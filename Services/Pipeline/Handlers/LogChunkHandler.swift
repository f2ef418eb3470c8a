import Contracts
import Messaging

/// A piece of a step's log: written to its file, and acked once it is on the disk.
struct LogChunkHandler: MessageHandler {
    let jobs: JobOperations

    func handle(_ message: LogChunk, _ context: MessageContext) async throws {
        try await jobs.check(message)
        do {
            try await jobs.printed(message, as: .otherStage)
        } catch let error as OperationError {
            throw error.kind == .notFound
                ? MessageFailure.permanent(error.problem.message) : .retry(error.problem.message)
        }
    }
}
