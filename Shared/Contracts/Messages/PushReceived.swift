/// A verified hook: webhook-gateway → sync. Its message id is the trigger's.
public struct PushReceived: Message {
    public var trigger: Trigger
    /// Where the forge says the repository can be fetched. A registered repository's own address wins.
    public var cloneURL: String
    public var defaultBranch: String?

    public init(trigger: Trigger, cloneURL: String, defaultBranch: String? = nil) {
        self.trigger = trigger
        self.cloneURL = cloneURL
        self.defaultBranch = defaultBranch
    }
}
