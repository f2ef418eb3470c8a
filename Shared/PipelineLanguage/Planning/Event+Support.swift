public import Contracts

extension Event {
    /// What does not happen yet with this event; `nil` for those that do happen. What is brought is taken out here, and
    /// the page on conditions follows.
    public var notYet: String? {
        switch self {
        case .push, .tag, .custom, .cron, .promote, .rollback: nil
        case .pullRequest: "never happens: merge requests start no runs yet"
        }
    }
}
