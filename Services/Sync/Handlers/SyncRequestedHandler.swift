import Contracts
import Messaging

/// A run was asked for by hand or by a schedule: the commit it names is found, fetched and handed on.
struct SyncRequestedHandler: MessageHandler {
    let synchronizer: Synchronizer
    let outcomes: SyncOutcomes

    func handle(_ message: SyncRequested, _ context: MessageContext) async throws {
        try await outcomes.handle(
            message.trigger, cloneURL: message.cloneURL, after: nil, context, by: synchronizer)
    }
}
