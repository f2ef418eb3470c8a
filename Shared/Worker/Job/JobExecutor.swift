public import Contracts
public import PipelineLanguage
public import SystemPackage

/// What a kind of worker does with a job.
public protocol JobExecutor: Sendable {
    /// Ends and removes what an earlier life of this worker left behind. Called before the first job.
    func collectLeftovers() async

    /// Prepares what the job's steps share, runs them by ``JobRun/steps(_:)``, and cleans up, also when cancelled.
    /// - Throws: ``JobFailure`` where the steps cannot be run; any other error is told as it is.
    func execute(_ job: GrantedJob, _ run: JobRun) async throws
}

/// Runs steps and services; several of a job may run at once.
public protocol StepRunner: Sendable {
    /// Runs the step to its end. A cancelled task is a stop: end what the step started, then return or throw.
    /// - Throws: ``JobFailure`` for a person; any other error is told as it is. The step has failed then.
    func run(_ step: StepRun) async throws -> StepResult

    /// The folder of the source as a step sees it; `nil` where it has none.
    func workspace(of step: Step, in stage: Stage) -> String?
}

extension StepRunner {
    public func workspace(of step: Step, in stage: Stage) -> String? { nil }
}

/// One try of one step.
public struct StepRun: Sendable {
    public let job: GrantedJob
    /// With every `${…}` replaced.
    public let step: Step
    /// What the steps before it handed on, by step, then by name.
    public let outputs: [String: [String: String]]
    /// How the steps before it ended, by step.
    public let outcomes: [String: StepOutcome]
    /// The folder of the source as the step sees it.
    public let workspace: String?
    public let startedAt: Timestamp
    /// Counts the tries of this step within the attempt, from 1.
    public let number: Int
    public let log: any StepLog
    /// Call it when a service or a detached step works: what waits for it may start then.
    public let ready: @Sendable () -> Void
    /// Call it with a reason when the step does not get on, and with `nil` when it does again: what is newer need not
    /// wait for it then.
    public let stuck: @Sendable (String?) -> Void

    public init(
        job: GrantedJob, step: Step, outputs: [String: [String: String]], outcomes: [String: StepOutcome] = [:],
        workspace: String? = nil, startedAt: Timestamp = .now, number: Int = 1, log: any StepLog,
        ready: @escaping @Sendable () -> Void = {}, stuck: @escaping @Sendable (String?) -> Void = { _ in }
    ) {
        self.job = job
        self.step = step
        self.outputs = outputs
        self.outcomes = outcomes
        self.workspace = workspace
        self.startedAt = startedAt
        self.number = number
        self.log = log
        self.ready = ready
        self.stuck = stuck
    }

    /// The same with all that is known now in the place of its expressions.
    func resolved() throws -> StepRun {
        let scope = Scope(
            environment: job.environment(of: self), parameters: job.grant.parameters ?? [:],
            matrix: job.stage.matrix, outputs: outputs)
        let resolved = try step.resolved(in: scope, variables: job.stage.environment)
        return StepRun(
            job: job, step: resolved, outputs: outputs, outcomes: outcomes, workspace: workspace,
            startedAt: startedAt, number: number, log: log, ready: ready, stuck: stuck)
    }
}

/// How a step went.
public struct StepResult: Sendable, Hashable {
    public var success: Bool
    /// The exit code of its process, or `nil` where none ran.
    public var exitCode: Int32?
    /// Why it failed, for people.
    public var reason: String?
    public var outputs: [String: String]

    public init(success: Bool, exitCode: Int32? = nil, reason: String? = nil, outputs: [String: String] = [:]) {
        self.success = success
        self.exitCode = exitCode
        self.reason = reason
        self.outputs = outputs
    }

    /// How a process ended.
    public init(_ outcome: ProcessOutcome, outputs: [String: String] = [:]) {
        self.init(success: outcome.isSuccess, exitCode: outcome.exitCode, reason: outcome.reason, outputs: outputs)
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
        // Of a step that was stopped everybody knows.
        if !isTold, !Task.isCancelled, reason != nil || outcome.explanation != nil, let words = result.reason {
            await log.line(words)
        }
        return result
    }
}
