/// The commit could not be fetched: sync → pipeline. The run it was for fails with this reason.
public struct SyncFailed: Message {
    public enum Code: String, Codable, Sendable, CaseIterable {
        /// The platform does not know the repository.
        case unknownRepository
        /// The Git server refused the credentials, or there are none.
        case authentication
        /// The server cannot be reached or does not answer.
        case unreachable
        /// The ref or the commit does not exist there.
        case refNotFound
        /// The repository has no commit yet.
        case emptyRepository
        /// The pipeline file is too large or not text.
        case pipelineFile
        /// Git failed in another way; the reason has its words.
        case git
    }

    public var trigger: Trigger
    public var code: Code
    /// What went wrong and what to do, for people.
    public var reason: String
    /// Of a push to an unknown repository: where its hook says it is cloned from, and its default branch, so that people
    /// can be told how to register it.
    public var cloneURL: String?
    public var defaultBranch: String?

    public init(
        trigger: Trigger, code: Code, reason: String, cloneURL: String? = nil, defaultBranch: String? = nil
    ) {
        self.trigger = trigger
        self.code = code
        self.reason = reason
        self.cloneURL = cloneURL
        self.defaultBranch = defaultBranch
    }
}
