import Messaging

/// A message that is decided and that this version cannot read: kept where people see it.
struct UnreadableMessageHandler: Sendable {
    let letters: DeadLetterOperations

    @Sendable func handle(_ row: UnreadableMessage) async throws {
        try await letters.setAside(row, as: .otherStage)
    }
}
