/// A run asked for by a person, a schedule or a promotion: pipeline → sync.
public struct SyncRequested: Message {
    public var trigger: Trigger
    public var cloneURL: String

    public init(trigger: Trigger, cloneURL: String) {
        self.trigger = trigger
        self.cloneURL = cloneURL
    }
}
