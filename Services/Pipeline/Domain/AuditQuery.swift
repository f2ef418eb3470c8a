import Contracts

/// Which entries of the audit log a list has.
struct AuditQuery: Sendable, Equatable {
    var account: String?
    /// Such as `environment.save`.
    var operation: String?
    var repository: RepositoryPath?
    /// The address that they came from, or the worker that was given something.
    var origin: String?
    var since: Timestamp?
    /// Not those of this moment.
    var until: Timestamp?
    /// What belongs to none of them, administrators of `**` see alone.
    var visibility = Visibility.all
}
