import Contracts

/// A run that is not kept any more.
struct Removal: Sendable, Equatable {
    var run: RunID
    /// The place it had among all.
    var serial: Int64
    var repository: RepositoryPath
    var number: Int
    var removedAt: Timestamp
}
