import Contracts
import Messaging

/// A push came in: its commit is fetched and handed on.
struct PushReceivedHandler: MessageHandler {
    let synchronizer: Synchronizer
    let outcomes: SyncOutcomes

    func handle(_ message: PushReceived, _ context: MessageContext) async throws {
        try await outcomes.handle(
            message.trigger, cloneURL: message.cloneURL, after: message, context, by: synchronizer)
    }
}
