/// An entry of the audit log: `GET /api/v1/audit`, and each line of `GET /api/v1/audit/export`.
public struct AuditView: Codable, Sendable, Equatable {
    /// Grows with each entry.
    public var id: Int64
    public var at: Timestamp
    /// Who did it; `the platform` where it did so by itself, `not signed in` where nobody was.
    public var account: String
    /// The token that it was done with, or that the session was begun with.
    public var token: String?
    /// How they came: `token`, `session`, `sign-in` where nobody was in yet, `machine` or `platform`.
    public var via: String
    /// The address that they came from; of what the platform does, the worker or the service it is for.
    public var origin: String?
    /// Such as `environment.save`.
    public var operation: String
    /// What it was done to.
    public var subject: String
    /// What it is about; the scope, as `shop/**`, of what a group has in common.
    public var repository: RepositoryPath?
    public var run: RunID?
    /// What it was before; absent where it is new, or no change.
    public var before: JSONValue?
    /// What it is since; absent where it is gone.
    public var after: JSONValue?

    public init(
        id: Int64, at: Timestamp, account: String, token: String? = nil, via: String, origin: String? = nil,
        operation: String, subject: String, repository: RepositoryPath? = nil, run: RunID? = nil,
        before: JSONValue? = nil, after: JSONValue? = nil
    ) {
        self.id = id
        self.at = at
        self.account = account
        self.token = token
        self.via = via
        self.origin = origin
        self.operation = operation
        self.subject = subject
        self.repository = repository
        self.run = run
        self.before = before
        self.after = after
    }
}
