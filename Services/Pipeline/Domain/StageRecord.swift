import Contracts

/// A stage of a run as it is kept.
struct StageRecord: Sendable, Equatable {
    var run: RunID
    var position: Int
    var name: String
    var state: RunState = .pending
    var reason: String?
    var dependsOn: [String]
    /// When it has taken too long.
    var deadline: HeardTime?
}
