import Contracts
import Messaging

/// A push came in: its commit is fetched and handed on.
struct PushReceivedHandler: MessageHandler {
    let synchronizer: Synchronizer
    let outcomes: SyncOutcomes

    func handle(_ message: PushReceived, _ context: MessageContext) async throws {
        let outcome = try await synchronizer.synchronize(
            message.trigger, cloneURL: message.cloneURL, attempt: context.attempt)
        try await outcomes.send(outcome, after: message)
    }
}
