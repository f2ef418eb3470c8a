import Contracts

/// Which entries of the audit log a list has.
struct AuditQuery: Sendable, Equatable {
    var account: String?
    /// Such as `environment.save`.
    var operation: String?
    var repository: RepositoryPath?
    var since: Timestamp?
    /// Not those of this moment.
    var until: Timestamp?
    /// What belongs to none of them, administrators of `**` see alone.
    var visibility = Visibility.all
}
