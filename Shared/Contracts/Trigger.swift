/// What happened that may start a run.
public enum Event: String, Codable, Sendable, Hashable, CaseIterable {
    case push, tag, cron, custom, promote, rollback
    case pullRequest = "pull_request"
}

/// The cause of a run: a push, a tag, a person, a schedule. It travels from the edge to the run; sync completes it by what
/// Git says.
public struct Trigger: Codable, Sendable, Hashable {
    /// The same for every redelivery of the same cause.
    public var id: MessageID
    public var event: Event
    /// `true` for a person's run that is to be what a push of `ref` makes, where nobody knows yet what `ref` is: sync
    /// finds out and sets `event`, to `tag` for a tag and to `push` for anything else. `nil` where `event` holds.
    public var eventFollowsRef: Bool?
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
    /// Where `ref` is a commit, the branches and tags that it was the tip of when sync looked: what it may have follows from
    /// them.
    public var tipOf: [String]?
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
    /// The number of the run that this one runs again, or `nil`.
    public var parent: Int?
    /// The repository's default branch, as the platform knew it when it planned the run.
    public var defaultBranch: String?
    /// What the forge's hook said about the repository and of who pushed; `nil` where no hook caused it.
    public var origin: Origin?
    /// The run a person is waiting for, made before the sync; `nil` for a push.
    public var run: RunID?
    /// `true` for a push that no hook told of: its head was found on the server.
    public var madeUp: Bool?
    /// The commit that the ref was known to have gone on to when this push arrived: it came late, so that nothing is rolled
    /// out for it. The platform's own word.
    public var overtakenBy: String?
    public var receivedAt: Timestamp

    public init(
        id: MessageID, event: Event, eventFollowsRef: Bool? = nil, action: String? = nil, repository: RepositoryPath,
        ref: String,
        branch: String? = nil, before: String? = nil, commit: String? = nil, tipOf: [String]? = nil,
        sender: String? = nil,
        message: String? = nil, skip: Bool = false, target: String? = nil, cron: String? = nil,
        parameters: [String: String] = [:], parent: Int? = nil, defaultBranch: String? = nil, origin: Origin? = nil,
        run: RunID? = nil, madeUp: Bool? = nil, receivedAt: Timestamp = .now
    ) {
        self.id = id
        self.event = event
        self.eventFollowsRef = eventFollowsRef
        self.action = action
        self.repository = repository
        self.ref = ref
        self.branch = branch
        self.before = before
        self.commit = commit
        self.tipOf = tipOf
        self.sender = sender
        self.message = message
        self.skip = skip
        self.target = target
        self.cron = cron
        self.parameters = parameters
        self.parent = parent
        self.defaultBranch = defaultBranch
        self.origin = origin
        self.run = run
        self.madeUp = madeUp
        self.receivedAt = receivedAt
    }
}

extension Trigger {
    /// What a forge tells beside the push itself, for people and scripts to read. Nothing depends on it.
    public struct Origin: Codable, Sendable, Hashable {
        /// The picture of who pushed.
        public var avatarURL: String?
        /// The ``Forge/name`` of the forge that sent the hook.
        public var forge: String?
        /// The project's number at the forge.
        public var projectID: Int?
        /// The repository's page.
        public var projectURL: String?
        public var sshURL: String?
        /// The name of who pushed, as people write it.
        public var userName: String?
        /// `public`, `internal` or `private`.
        public var visibility: String?

        public init(
            avatarURL: String? = nil, forge: String? = nil, projectID: Int? = nil, projectURL: String? = nil,
            sshURL: String? = nil, userName: String? = nil, visibility: String? = nil
        ) {
            self.avatarURL = avatarURL
            self.forge = forge
            self.projectID = projectID
            self.projectURL = projectURL
            self.sshURL = sshURL
            self.userName = userName
            self.visibility = visibility
        }
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
