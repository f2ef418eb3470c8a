import Contracts
import Messaging

/// A push came in: its commit is fetched and handed on.
struct PushReceivedHandler: MessageHandler {
    let synchronizer: Synchronizer
    let outcomes: SyncOutcomes

    func handle(_ message: PushReceived, _ context: MessageContext) async throws {
        if message.secretOf != nil {
            guard let outcome = try await synchronizer.discovered(message) else { return }
            return try await outcomes.send(outcome, after: message)
        }
        try await outcomes.handle(
            message.trigger, cloneURL: message.cloneURL, after: message, context, by: synchronizer)
    }
}
