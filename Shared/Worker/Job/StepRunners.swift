public import PipelineLanguage

/// The runners of an attempt, one for each kind of step: the first that accepts a step runs it, and the world is told.
public struct StepRunners: StepRunner {
    private let runners: [any StepRunner]
    private let events: WorkerEvents

    public init(_ runners: [any StepRunner], events: WorkerEvents) {
        self.runners = runners
        self.events = events
    }

    public func accepts(_ step: Step) -> Bool { runner(of: step) != nil }

    public func workspace(of step: Step, in stage: Stage) -> StepWorkspace? {
        runner(of: step)?.workspace(of: step, in: stage)
    }

    /// - Throws: ``JobFailure`` for a step of no kind there is, and what its runner throws.
    public func run(_ step: StepRun) async throws -> StepResult {
        try await events.telling(step) { step in
            guard let runner = runner(of: step.step) else {
                throw JobFailure(
                    "the step is of no kind that this worker runs; is the worker older than the platform?")
            }
            return try await runner.run(step)
        }
    }

    /// One after the other, in their order.
    public func cleanUp() async {
        for runner in runners { await runner.cleanUp() }
    }

    private func runner(of step: Step) -> (any StepRunner)? { runners.first { $0.accepts(step) } }
}
