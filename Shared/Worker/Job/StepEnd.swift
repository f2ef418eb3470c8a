import Contracts
import PipelineLanguage

/// What came of one try of a step, seen together with why it was stopped.
struct StepEnd: Sendable, Equatable {
    var outcome: StepOutcome
    var result: StepResult

    /// - Parameter stop: Why the step was told to stop, or `nil`.
    init(_ result: StepResult, stopped stop: JobStop?) {
        self.result = result
        if result.handBack != nil {
            outcome = .cancelled
        } else if result.wasStopped {
            // Before the exit code is looked at: a program may answer SIGTERM with any, 0 included.
            outcome = stop?.isTimeout == true ? .failure : .cancelled
            self.result.reason = [stop?.reason, result.aftermath].compactMap { $0 }.joined(separator: "; ")
        } else {
            outcome = result.success || result.exitCode == Planner.stopExitCode ? .success : .failure
        }
    }

    /// The exit code that rules of the pipeline are about: a program that was stopped chose none.
    var exitCode: Int32? { result.wasStopped || result.handBack != nil ? nil : result.exitCode }
}
