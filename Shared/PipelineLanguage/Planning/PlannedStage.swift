/// A stage as it takes part in one run.
public struct PlannedStage: Sendable, Hashable {
    public let name: String
    /// Why it does not take part, or `nil`.
    public let skipped: SkipReason?
    /// The stages it waits for that take part themselves.
    public internal(set) var dependsOn: [String] = []
    /// The same by number.
    var dependencies: [Int] = []
    /// One for each step of the stage, in its order.
    public let steps: [PlannedStep]
    /// One for each service of the stage, in its order.
    public let services: [PlannedService]
    /// The work, cut to pieces for one worker each.
    public let jobs: [PlannedJob]
    /// The number of each step by its name; of equal names the first.
    let numbers: [String: Int]
    /// The jobs by number, each after those it waits for.
    let jobOrder: [Int]

    init(_ stage: Stage, facts: Facts, refusal: SkipReason?, work: inout Int) {
        name = stage.name
        let graph = StepGraph(stage)
        let broken = graph.broken
        let names = stage.steps.map { $0.name }
        var reasons = stage.steps.indices.map { number in
            refusal ?? (broken.isEmpty ? nil : broken[number])
                ?? stage.steps[number].when.refusal(facts, word: "when", work: &work)
        }
        var skipped = refusal
        if skipped == nil, reasons.allSatisfy({ $0 != nil }) {
            skipped = SkipReason(
                .nothingToDo, stage.steps.count == 1 ? "its only step is skipped" : "all its steps are skipped")
        }
        if skipped != nil { reasons = reasons.map { $0 ?? skipped } }

        services = stage.services.map { service in
            PlannedService(
                name: service.name, skipped: skipped ?? service.when.refusal(facts, word: "when", work: &work))
        }

        let isKept = reasons.map { $0 == nil }
        let dependencies = graph.graph.spliced(keeping: isKept)
        let cut = JobCut(stage: stage, order: graph.graph.order, dependencies: dependencies, isKept: isKept)
        steps = stage.steps.indices.map { number in
            PlannedStep(
                name: names[number], kind: stage.steps[number].kind, skipped: reasons[number],
                dependsOn: isKept[number] ? dependencies[number].map { names[$0] } : [], job: cut.jobOfStep[number])
        }
        jobs = cut.jobs.enumerated().map { index, job in
            PlannedJob(
                key: JobKey(stage: stage.name, index: index), isRollout: job.isRollout,
                steps: job.steps.map { names[$0] }, after: job.after.map { names[$0] }, stepNumbers: job.steps,
                afterNumbers: job.after,
                deploying: job.steps.first { stage.steps[$0].deploysByCommands }.map { names[$0] })
        }
        numbers = graph.numbers
        jobOrder = cut.order
        self.skipped = skipped
    }

    /// The step of this name, or `nil`.
    public func step(_ name: String) -> PlannedStep? { numbers[name].map { steps[$0] } }
}

/// A service as it takes part in one run.
public struct PlannedService: Sendable, Hashable {
    public let name: String
    /// Why it is not started, or `nil`.
    public let skipped: SkipReason?
}

/// A step as it takes part in one run.
public struct PlannedStep: Sendable, Hashable {
    public let name: String
    public let kind: Step.Kind
    /// Why it does not take part, or `nil`.
    public let skipped: SkipReason?
    /// The steps it waits for that take part themselves.
    public let dependsOn: [String]
    /// The number of its job in the stage, or `nil` where it is skipped.
    public let job: Int?
}

/// Work for one worker: build steps that share a workspace, or one rollout.
public struct PlannedJob: Sendable, Hashable {
    public let key: JobKey
    /// Whether a deployer does it.
    public let isRollout: Bool
    /// In the order of the file.
    public let steps: [String]
    /// Steps of other jobs of the stage that end before it starts.
    public let after: [String]
    let stepNumbers: [Int]
    let afterNumbers: [Int]
    /// Its step that deploys by commands, or `nil`: such jobs of several runs take turns, like rollouts.
    public let deploying: String?
}
