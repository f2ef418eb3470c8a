import Contracts

/// Which runs a list has.
struct RunQuery: Sendable, Equatable {
    var repository: RepositoryPath?
    var state: RunState?
}
