import Contracts
import Messaging

/// A worker is there, or leaves.
struct WorkerAnnouncedHandler: MessageHandler {
    let workers: WorkerOperations

    func handle(_ message: WorkerAnnounced, _ context: MessageContext) async throws {
        guard BrokerUser.may(context.sender, take: message.scope) else {
            let queue = MessageMap.wakes(of: message.scope).name
            throw MessageFailure.permanent("the login \(context.sender) is not that of a worker of \(queue)")
        }
        try await workers.announce(message, as: .otherStage)
    }
}
