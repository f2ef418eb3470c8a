import Contracts
import Messaging

/// The platform wants to know where a repository's branches and tags are: they are listed.
struct HeadsRequestedHandler: MessageHandler {
    let lister: HeadsLister
    let bus: Bus

    func handle(_ message: HeadsRequested, _ context: MessageContext) async throws {
        let answer = try await lister.list(message)
        try await bus.send(answer, id: MessageID(rawValue: "\(context.id)/heads"), run: nil)
    }
}
