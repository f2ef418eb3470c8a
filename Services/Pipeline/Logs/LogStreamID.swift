import Contracts

/// One stream of log: what one attempt of one step printed.
struct LogStreamID: Sendable, Hashable {
    var run: RunID
    /// The step's id in the run.
    var step: Int
    var attempt: Int

    /// Where it is kept, under the directory of logs. Runs are spread over 1,024 directories by the end of their
    /// identifier, which is random, so that none of them grows too large.
    var path: String { "\(directory)/\(step).\(attempt).log" }

    /// Where the times of its bytes are kept.
    var timesPath: String { "\(directory)/\(step).\(attempt).times" }

    var directory: String { Self.directory(of: run) }

    static func directory(of run: RunID) -> String { "\(run.rawValue.suffix(2))/\(run.rawValue)" }
}
