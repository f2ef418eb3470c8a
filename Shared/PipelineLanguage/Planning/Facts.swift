public import Contracts

/// What happened, as far as conditions ask for it.
public struct Facts: Codable, Sendable, Hashable {
    public var event: Event
    public var action: String?
    /// The pushed branch or a merge request's target; none for a tag.
    public var branch: String?
    /// The full ref, such as `refs/tags/v1.0.0`.
    public var ref: String
    /// The repository's path, such as `shop/web`.
    public var repository: String
    /// The platform's own host name.
    public var instance: String?
    /// `promote`, `rollback`: the environment.
    public var target: String?
    /// `cron`: the schedule's name.
    public var cron: String?
    /// What the commit changed, or `nil` where nobody knows; `paths` conditions then hold.
    public var changedPaths: [String]?
    /// The head commit's message, in which a skip text may be.
    public var message: String?
    /// Whether the push itself asked for no run.
    public var skip: Bool

    public init(
        event: Event, action: String? = nil, branch: String? = nil, ref: String = "", repository: String = "",
        instance: String? = nil, target: String? = nil, cron: String? = nil, changedPaths: [String]? = nil,
        message: String? = nil, skip: Bool = false
    ) {
        self.event = event
        self.action = action
        self.branch = branch
        self.ref = ref
        self.repository = repository
        self.instance = instance
        self.target = target
        self.cron = cron
        self.changedPaths = changedPaths
        self.message = message
        self.skip = skip
    }

    /// The facts of a trigger whose source is synced.
    public init(_ trigger: Trigger, changes: SourceSynced.ChangedPaths?, message: String?, instance: String? = nil) {
        self.init(
            event: trigger.event, action: trigger.action,
            branch: trigger.ref.hasPrefix("refs/tags/") ? nil : trigger.branch, ref: trigger.ref,
            repository: trigger.repository.rawValue, instance: instance, target: trigger.target, cron: trigger.cron,
            changedPaths: changes.flatMap { $0.complete ? $0.paths : nil }, message: message ?? trigger.message,
            skip: trigger.skip)
    }
}
