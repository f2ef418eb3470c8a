import Contracts

/// Which runs a list has.
struct RunQuery: Sendable, Equatable {
    var repository: RepositoryPath?
    var state: RunState?
    /// Only runs of these.
    var visibility = Visibility.all
}
