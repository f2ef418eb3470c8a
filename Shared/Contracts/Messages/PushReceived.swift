/// A verified hook: webhook-gateway → sync. Its message id is the trigger's.
public struct PushReceived: Message {
    public var trigger: Trigger
    /// Where the forge says the repository can be fetched. A registered repository's own address wins.
    public var cloneURL: String
    public var defaultBranch: String?
    /// The repository or the group whose secret verified it, where that is not its own. Such a push runs nothing: it makes
    /// a repository known that is not registered.
    public var secretOf: RepositoryPath?

    public init(
        trigger: Trigger, cloneURL: String, defaultBranch: String? = nil, secretOf: RepositoryPath? = nil
    ) {
        self.trigger = trigger
        self.cloneURL = cloneURL
        self.defaultBranch = defaultBranch
        self.secretOf = secretOf
    }
}
