import Contracts
import Messaging

/// A run was asked for by hand or by a schedule: the commit it names is found, fetched and handed on.
struct SyncRequestedHandler: MessageHandler {
    let synchronizer: Synchronizer
    let outcomes: SyncOutcomes

    func handle(_ message: SyncRequested, _ context: MessageContext) async throws {
        let outcome = try await synchronizer.synchronize(
            message.trigger, cloneURL: message.cloneURL, attempt: context.attempt)
        try await outcomes.send(outcome, after: nil)
    }
}
