public import Contracts

/// What is known when a step starts and not before: how its run stands, where it runs and when.
public struct StepMoment: Sendable {
    public var stage: Stage
    public var step: Step
    public var job: String
    /// Counts the grants of the job from 1.
    public var attempt: Int
    /// How the steps of the stage ended so far, in this job and those before it.
    public var outcomes: [String: StepOutcome]
    /// Other stages of the run that have failed, as far as that was known when the job was granted.
    public var otherFailedStages: [String]
    /// The worker's host name.
    public var machine: String?
    public var now: Timestamp

    public init(
        stage: Stage, step: Step, job: String, attempt: Int, outcomes: [String: StepOutcome] = [:],
        otherFailedStages: [String] = [], machine: String? = nil, now: Timestamp
    ) {
        self.stage = stage
        self.step = step
        self.job = job
        self.attempt = attempt
        self.outcomes = outcomes
        self.otherFailedStages = otherFailedStages
        self.machine = machine
        self.now = now
    }

    /// The variables that tell it.
    public var environment: [String: String] {
        var environment: [String: String] = [:]
        for variable in RunVariable.all {
            guard case .step(let value) = variable.source else { continue }
            environment[variable.name] = value(self)
        }
        return environment
    }

    /// The steps that have failed, in their order, but for those whose failure is to be ignored.
    var failedSteps: [String] {
        stage.steps.filter { outcomes[$0.name] == .failure && $0.failure != .ignore }.map(\.name)
    }

    var stageHasFailed: Bool { !failedSteps.isEmpty }

    var failedStages: [String] { otherFailedStages + (stageHasFailed ? [stage.name] : []) }

    var hasFailed: Bool { !failedStages.isEmpty }

    /// The step's place in its stage.
    var number: String? {
        let names = (stage.services + stage.steps).map(\.name)
        return names.firstIndex(of: step.name).map { "\($0 + 1)" }
    }
}
