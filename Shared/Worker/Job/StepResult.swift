public import Contracts
public import SystemPackage

/// How a step went.
public struct StepResult: Sendable, Hashable {
    public var success: Bool
    /// The exit code of its process, or `nil` where none ran.
    public var exitCode: Int32?
    /// Why it failed, for people.
    public var reason: String?
    public var outputs: [String: String]
    /// What became of what the step had begun, where it was stopped; for the end of the reason.
    public var aftermath: String?
    /// Whether it was stopped before it had ended by itself. Whatever stopped it decides then, and no exit code.
    public var wasStopped: Bool
    /// Where the step itself has not failed: why its job is handed back.
    public var handBack: JobFinished.HandBack?

    public init(
        success: Bool, exitCode: Int32? = nil, reason: String? = nil, outputs: [String: String] = [:],
        aftermath: String? = nil, wasStopped: Bool = false,
        handBack: JobFinished.HandBack? = nil
    ) {
        self.success = success
        self.exitCode = exitCode
        self.reason = reason
        self.outputs = outputs
        self.aftermath = aftermath
        self.wasStopped = wasStopped
        self.handBack = handBack
    }

    /// How a process ended.
    public init(_ outcome: ProcessOutcome, outputs: [String: String] = [:]) {
        self.init(success: outcome.isSuccess, exitCode: outcome.exitCode, reason: outcome.reason, outputs: outputs)
        if case .stopped = outcome { wasStopped = true }
    }
}

extension StepRun {
    /// How a step's process went: what it handed on if it went well, and in the log what an exit code such as 137 means.
    /// - Parameters:
    ///   - reason: What is known better than the exit code tells.
    ///   - isTold: Whether the log has the reason already.
    ///   - outputs: The file of ``StepOutputs`` that the step was given.
    /// - Throws: ``JobFailure`` for outputs that cannot be read.
    public func result(
        of outcome: ProcessOutcome, reason: String? = nil, isTold: Bool = false, outputs file: FilePath
    ) async throws(JobFailure) -> StepResult {
        if outcome.isSuccess { return StepResult(outcome, outputs: try await outputs(in: file)) }
        var result = StepResult(outcome)
        result.reason = reason ?? result.reason
        if !isTold, reason != nil || outcome.explanation != nil, let words = result.reason {
            await log.line(words)
        }
        return result
    }
}
