import Contracts

/// Why a job, or a step of one, is stopped before its end.
public struct JobStop: Sendable, Equatable {
    /// Who goes on with what it began.
    public enum Successor: Sendable, Equatable {
        /// Nobody: what it leaves half done stays so.
        case nobody
        /// Another attempt of the same job.
        case attempt
        /// The rollout of a newer run, by the run's name.
        case rollout(of: String)
    }

    public var reason: String
    public var successor: Successor
    /// Whether a step's own time was over, which is its failure.
    var isTimeout = false
    /// Whether the worker itself hands the job back: what it stops has no end, since the next attempt runs it.
    var isRelease = false

    public init(_ reason: String, successor: Successor = .nobody) {
        self.reason = reason
        self.successor = successor
    }

    init(_ message: JobCancelled) {
        self.init(
            message.reason,
            successor: message.winner.map { .rollout(of: $0) } ?? (message.isFinal == true ? .nobody : .attempt))
    }
}
