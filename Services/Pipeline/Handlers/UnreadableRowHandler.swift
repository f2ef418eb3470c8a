import Storage

/// A message that is decided and that this version cannot read: kept where people see it.
struct UnreadableRowHandler: Sendable {
    let letters: DeadLetterOperations

    @Sendable func handle(_ row: Outbox.UnreadableRow) async throws {
        try await letters.setAside(row, as: .otherStage)
    }
}
