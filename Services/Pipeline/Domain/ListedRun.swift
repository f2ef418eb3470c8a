import Contracts

/// A run with its place among all, which grows with every new one: lists have the newest first.
struct ListedRun: Sendable, Equatable {
    var serial: Int64
    var summary: RunSummary
}
