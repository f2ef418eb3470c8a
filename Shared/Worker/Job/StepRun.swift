public import Contracts
public import PipelineLanguage

/// One try of one step.
public struct StepRun: Sendable {
    public let job: GrantedJob
    /// With every `${…}` replaced.
    public private(set) var step: Step
    /// As the job has it.
    private var written: Step?
    /// What the steps before it handed on, by step, then by name.
    public let outputs: [String: [String: String]]
    /// What they did not hand on since it holds a secret, by step, then by name.
    public let dropped: [String: [String: String]]
    /// How the steps before it ended, by step.
    public let outcomes: [String: StepOutcome]
    /// The folder of the source as the step sees it.
    public let workspace: StepWorkspace?
    public let startedAt: Timestamp
    /// Counts the tries of this step within the attempt, from 1.
    public let number: Int
    public let log: any StepLog
    /// Call it when a service or a detached step works: what waits for it may start then.
    public let ready: @Sendable () -> Void
    /// Call it with a reason when the step does not get on, and with `nil` when it does again: what is newer need not
    /// wait for it then.
    public let stuck: @Sendable (String?) -> Void
    /// Why the step is being stopped and who goes on with it, or `nil` while it goes on.
    public let stopped: @Sendable () -> JobStop?

    /// Whether others go on while it runs. For any other step, being ready would let those after it start too early.
    public var isBackground: Bool { step.detach || job.stage.isService(step.name) }

    public init(
        job: GrantedJob, step: Step, outputs: [String: [String: String]],
        dropped: [String: [String: String]] = [:], outcomes: [String: StepOutcome] = [:],
        workspace: StepWorkspace? = nil, startedAt: Timestamp = .now, number: Int = 1, log: any StepLog,
        ready: @escaping @Sendable () -> Void = {}, stuck: @escaping @Sendable (String?) -> Void = { _ in },
        stopped: @escaping @Sendable () -> JobStop? = { nil }
    ) {
        self.job = job
        self.step = step
        self.outputs = outputs
        self.dropped = dropped
        self.outcomes = outcomes
        self.workspace = workspace
        self.startedAt = startedAt
        self.number = number
        self.log = log
        self.ready = ready
        self.stuck = stuck
        self.stopped = stopped
    }

    /// What a value of the step stands for.
    /// - Throws: ``JobFailure`` that names a secret which the step does not get.
    public func resolve(_ value: Value) throws(JobFailure) -> String { try job.resolve(value, for: step) }

    /// The same with all that is known now in the place of its expressions.
    /// - Parameter imageEntrypoint: What the step's image starts by itself, once that is known: where it is a shell, the
    ///   step's command may be a script.
    /// - Throws: `SubstitutionError` with the expression that cannot be replaced.
    public func resolved(imageEntrypoint: [String]? = nil) throws -> StepRun {
        var run = self
        let written = written ?? step
        run.step = written
        let scope = Scope(
            environment: job.environment(of: run), parameters: job.grant.parameters ?? [:],
            matrix: job.stage.matrix, outputs: outputs, dropped: dropped)
        run.written = written
        run.step = try written.resolved(
            in: scope, variables: job.stage.environment, imageEntrypoint: imageEntrypoint)
        return run
    }
}
