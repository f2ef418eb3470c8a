import Contracts
import Messaging

/// Where a repository's branches and tags are: pushes that no hook told of are made up.
struct HeadsListedHandler: MessageHandler {
    let sources: SourceOperations

    func handle(_ message: HeadsListed, _ context: MessageContext) async throws {
        try await sources.listed(message, id: context.id, as: .otherStage)
    }
}
