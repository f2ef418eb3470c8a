import Contracts

/// What somebody did, as the audit log keeps it.
struct AuditEntry: Sendable, Equatable {
    var at: Timestamp
    /// Whose account it was, or `the platform` for what it does by itself.
    var account: String
    /// The token that it was done with, or that the session was begun with.
    var token: String?
    /// How they came: `token`, `session`, `sign-in`, `machine` or `platform`.
    var via: String
    /// The address that they came from.
    var origin: String?
    var operation: String
    /// What it was done to.
    var subject: String
    /// What it is about; the scope, as `shop/**`, of what a group has in common.
    var repository: RepositoryPath?
    var run: RunID?
    /// What it was before, and what it is since; never a secret.
    var before: JSONValue?
    var after: JSONValue?
}
