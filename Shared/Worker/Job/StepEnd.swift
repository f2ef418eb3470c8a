import Contracts
import PipelineLanguage

/// What came of one try of a step, seen together with why it was stopped.
struct StepEnd: Sendable, Equatable {
    var outcome: StepOutcome
    var result: StepResult
    var isTimeout = false

    /// - Parameters:
    ///   - stopped: Why the step was told to stop, or `nil`.
    ///   - timeout: The step's own, in seconds.
    ///   - advice: What to do about a step that is not done by then, or `nil`.
    init(_ result: StepResult, stopped: String?, timeout: Int?, advice: String? = nil) {
        self.result = result
        if result.success || result.exitCode == Planner.stopExitCode {
            // Exit code 78 ends the stage early, and well.
            outcome = .success
        } else if let stopped {
            isTimeout = timeout.map(Self.timedOut) == stopped
            outcome = isTimeout ? .failure : .cancelled
            let more = [result.aftermath, isTimeout ? advice : nil].compactMap { $0 }
            self.result.reason = ([stopped] + more).joined(separator: "; ")
        } else {
            outcome = .failure
        }
    }

    static func timedOut(_ seconds: Int) -> String { "the step took longer than its timeout of \(seconds) s" }
}
