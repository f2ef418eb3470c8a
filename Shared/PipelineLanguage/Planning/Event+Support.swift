public import Contracts

extension Event {
    /// What does not happen yet with this event; `nil` for those that do happen. What is brought is taken out here, and
    /// the page on conditions follows.
    public var notYet: String? {
        switch self {
        case .push, .tag, .custom, .promote, .rollback: nil
        case .pullRequest: "never happens: merge requests start no runs yet"
        case .cron: "happens by hand only, by `slipway run --event cron`: there are no schedules yet"
        }
    }
}
