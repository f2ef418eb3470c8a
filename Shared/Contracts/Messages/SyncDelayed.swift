/// The commit is not here yet: sync → pipeline. The run shows the reason while it waits; ``SourceSynced`` or
/// ``SyncFailed`` follows.
public struct SyncDelayed: Message {
    public var trigger: Trigger
    /// What is waited for, or why it is tried again, for people.
    public var reason: String
    /// When it is tried again; `nil` while a try is under way.
    public var retryAt: Timestamp?

    public init(trigger: Trigger, reason: String, retryAt: Timestamp? = nil) {
        self.trigger = trigger
        self.reason = reason
        self.retryAt = retryAt
    }
}
