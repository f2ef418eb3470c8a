/// What happened that may start a run.
public enum Event: String, Codable, Sendable, Hashable, CaseIterable {
    case push, tag, cron, custom, promote, rollback
    case pullRequest = "pull_request"
}

/// The cause of a run: a push, a tag, a person, a schedule. It travels unchanged from the edge to the run.
public struct Trigger: Codable, Sendable, Hashable {
    /// The same for every redelivery of the same cause.
    public var id: MessageID
    public var event: Event
    /// What happened to a merge request (`opened`, `synchronized`, …) or `nil`.
    public var action: String?
    public var repository: RepositoryPath
    /// The full ref, such as `refs/heads/main`, or for a person's run also a branch, a tag or a commit.
    public var ref: String
    /// The branch that conditions look at: the pushed one, or a merge request's target. None for a tag.
    public var branch: String?
    /// The commit before the push, or `nil` where the ref is new.
    public var before: String?
    /// The commit to run, or `nil` where sync resolves `ref`.
    public var commit: String?
    /// Who caused it, for people to read.
    public var sender: String?
    /// The message of the head commit as the forge told it; sync replaces it by Git's.
    public var message: String?
    /// `true` if the push asked for no run (a push option; texts in the message are the pipeline language's).
    public var skip: Bool
    /// `promote`, `rollback`: the environment.
    public var target: String?
    /// `cron`: the schedule's name.
    public var cron: String?
    /// Values for the process' parameters, given by hand.
    public var parameters: [String: String]
    /// The run a person is waiting for, made before the sync; `nil` for a push.
    public var run: RunID?
    public var receivedAt: Timestamp

    public init(
        id: MessageID, event: Event, action: String? = nil, repository: RepositoryPath, ref: String,
        branch: String? = nil, before: String? = nil, commit: String? = nil, sender: String? = nil,
        message: String? = nil, skip: Bool = false, target: String? = nil, cron: String? = nil,
        parameters: [String: String] = [:], run: RunID? = nil, receivedAt: Timestamp = .now
    ) {
        self.id = id
        self.event = event
        self.action = action
        self.repository = repository
        self.ref = ref
        self.branch = branch
        self.before = before
        self.commit = commit
        self.sender = sender
        self.message = message
        self.skip = skip
        self.target = target
        self.cron = cron
        self.parameters = parameters
        self.run = run
        self.receivedAt = receivedAt
    }
}

/// A commit as Git tells it.
public struct Commit: Codable, Sendable, Hashable {
    /// 40 (SHA-1) or 64 (SHA-256) hexadecimal digits.
    public var sha: String
    public var message: String
    public var authorName: String
    public var authorEmail: String
    public var committedAt: Timestamp

    public init(sha: String, message: String, authorName: String, authorEmail: String, committedAt: Timestamp) {
        self.sha = sha
        self.message = message
        self.authorName = authorName
        self.authorEmail = authorEmail
        self.committedAt = committedAt
    }

    /// The first eight digits.
    public var short: String { String(sha.prefix(8)) }
}
