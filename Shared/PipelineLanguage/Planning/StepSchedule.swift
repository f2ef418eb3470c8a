public import Contracts

/// The steps of one job, as a value: told what happened in the worker, it answers what to do next. The same rules as
/// the ``Planner``'s, one level below.
///
/// Services come first and the steps wait until each is ``ready(_:)``. A detached step is waited for in the same way
/// and stopped, like the services, when all others have ended.
public struct StepSchedule: Sendable, Hashable {
    public enum Action: Sendable, Hashable {
        /// Run the step or service. Tries count from 1; the delay is in seconds.
        case start(String, attempt: Int, delay: Int)
        /// The step will not run.
        case skip(String, SkipReason)
        /// Stop a step, a service or a detached step that runs. It still has to be reported as finished, except
        /// after ``finish(_:reason:)``.
        case stop(String, reason: String)
        /// The job is over; nothing follows.
        case finish(JobFinished.Outcome, reason: String?)
    }

    enum State: Sendable, Hashable {
        case waiting
        /// With what it waits for already settled, a service or detached step becomes ready while it runs.
        case running(isReady: Bool)
        case done(StepOutcome)
    }

    struct Entry: Sendable, Hashable {
        var step: Step
        var isService: Bool
        var dependencies: [Int]
        var state: State = .waiting
        var attempt = 0

        var isBackground: Bool { isService || step.detach }
    }

    var entries: [Entry]
    /// The entries by number, each after those it waits for.
    private let order: [Int]
    private var numbers: [String: Int]
    /// What failed so far, in this job or before it: the first of it.
    var failure: String?
    /// The names of all that did.
    private var failures: Set<String>
    /// The names of those that failed and fail nothing: where it is to be ignored, and in the background once they worked.
    public private(set) var ignored: Set<String> = []
    /// The whole stage's order, also of what is not done here.
    private let stageGraph: DependencyGraph
    private let stageNumbers: [String: Int]
    private let stageNames: [String]
    private var failureReason: String?
    private var failedHere = false
    private var stop: SkipReason?
    private var isFinished = false

    /// - Parameters:
    ///   - stage: The compiled stage.
    ///   - steps: The names of its steps this job runs; others ran before or do not take part.
    ///   - outcomes: How steps that ran before this job ended.
    public init(stage: Stage, steps: [String], outcomes: [String: StepOutcome] = [:]) {
        let graph = StepGraph(stage)
        let broken = graph.broken
        let wanted = Set(steps)
        let isKept = stage.steps.indices.map { wanted.contains(stage.steps[$0].name) && broken[$0] == nil }
        let dependencies = graph.graph.spliced(keeping: isKept)
        let kept = stage.steps.indices.filter { isKept[$0] }
        // A rollout runs at a deployer, away from the stage's network.
        var names = Set<String>()
        let services =
            kept.allSatisfy { stage.steps[$0].isRollout }
            ? [] : stage.services.filter { names.insert($0.name).inserted }
        entries = services.map { Entry(step: $0, isService: true, dependencies: []) }
        var place = [Int](repeating: 0, count: stage.steps.count)
        for (offset, number) in kept.enumerated() { place[number] = services.count + offset }
        for number in kept {
            entries.append(
                Entry(
                    step: stage.steps[number], isService: false,
                    dependencies: Array(services.indices) + dependencies[number].map { place[$0] }))
        }
        order = Array(services.indices) + graph.graph.order.filter { isKept[$0] }.map { place[$0] }
        numbers = [:]
        for (number, entry) in entries.enumerated() where numbers[entry.step.name] == nil {
            numbers[entry.step.name] = number
        }
        let failed = stage.steps.filter { step in
            !wanted.contains(step.name) && step.failsItsStage && outcomes[step.name] == .failure
        }
        failure = failed.first.map { "step “\($0.name)”" }
        failures = Set(failed.map(\.name))
        stageGraph = graph.graph
        stageNumbers = graph.numbers
        stageNames = stage.steps.map(\.name)
    }

    /// How each step and service that has ended did; a service stopped at the end ended well.
    public var outcomes: [String: StepOutcome] {
        var outcomes: [String: StepOutcome] = [:]
        for entry in entries {
            if case .done(let outcome) = entry.state { outcomes[entry.step.name] = outcome }
        }
        return outcomes
    }

    /// Begins the job.
    public mutating func begin() -> [Action] { advance() }

    /// A service or detached step works now: what waits for it may start.
    public mutating func ready(_ name: String) -> [Action] {
        guard let number = numbers[name], entries[number].state == .running(isReady: false) else { return [] }
        entries[number].state = .running(isReady: true)
        return advance()
    }

    /// A step or service ended.
    /// - Parameter reason: Why it failed, for people.
    public mutating func finished(
        _ name: String, _ outcome: StepOutcome, exitCode: Int32? = nil, reason: String? = nil
    ) -> [Action] {
        guard let number = numbers[name], case .running(let isReady) = entries[number].state else { return [] }
        let step = entries[number].step
        if outcome == .failure, stop == nil, let retry = step.retry, !entries[number].isBackground,
            entries[number].attempt <= retry.max,
            retry.exitCodes.isEmpty || exitCode.map(retry.exitCodes.contains) == true
        {
            entries[number].attempt += 1
            return [.start(name, attempt: entries[number].attempt, delay: retry.delay)]
        }
        entries[number].state = .done(outcome)
        var actions: [Action] = []
        switch outcome {
        case .success where exitCode == Planner.stopExitCode && !entries[number].isBackground:
            stop =
                stop
                ?? SkipReason(.stopped, "step “\(name)” ended the stage with exit code \(Planner.stopExitCode)")
        // Once a service works its end fails nothing: the steps that use it will tell.
        case .failure where step.failure == .ignore || (entries[number].isBackground && isReady):
            ignored.insert(name)
        case .failure:
            if !failedHere { failureReason = "step “\(name)” failed\(reason.map { ": \($0)" } ?? "")" }
            failedHere = true
            failures.insert(name)
            failure = failure ?? "\(entries[number].isService ? "service" : "step") “\(name)”"
            if step.failure == .fast {
                for other in entries.indices where isRunning(other) && !entries[other].isBackground {
                    actions.append(.stop(entries[other].step.name, reason: "step “\(name)” failed"))
                }
            }
        default: break
        }
        return actions + advance()
    }

    /// The job is to end: what runs is stopped and awaited, nothing else starts.
    public mutating func cancel(reason: String) -> [Action] {
        guard !isFinished, stop?.code != .cancelled else { return [] }
        stop = SkipReason(.cancelled, reason)
        var actions: [Action] = []
        for number in entries.indices where isRunning(number) && !entries[number].isBackground {
            actions.append(.stop(entries[number].step.name, reason: reason))
        }
        return actions + advance()
    }

    private func isRunning(_ number: Int) -> Bool {
        guard case .running = entries[number].state else { return false }
        return true
    }

    private func isSettled(_ number: Int) -> Bool {
        switch entries[number].state {
        case .done, .running(isReady: true): true
        case .waiting, .running(isReady: false): false
        }
    }

    private mutating func advance() -> [Action] {
        guard !isFinished else { return [] }
        // In the order of dependencies, for what is skipped is settled for those that wait for it; told in the order
        // of the file.
        var decisions: [(entry: Int, action: Action)] = []
        var causes: [Int?]?
        for number in order where entries[number].state == .waiting {
            switch decide(number, &causes) {
            case .start:
                entries[number].attempt = 1
                entries[number].state = .running(isReady: false)
                decisions.append((number, .start(entries[number].step.name, attempt: 1, delay: 0)))
            case .skip(let reason):
                entries[number].state = .done(reason.code == .cancelled ? .cancelled : .skipped)
                decisions.append((number, .skip(entries[number].step.name, reason)))
            case nil: break
            }
        }
        return decisions.sorted { $0.entry < $1.entry }.map(\.action) + finish()
    }

    private enum Decision {
        case start
        case skip(SkipReason)
    }

    /// What becomes of a step that waits, or `nil` if it goes on waiting.
    private func decide(_ number: Int, _ causes: inout [Int?]?) -> Decision? {
        let entry = entries[number]
        if let stop { return .skip(stop) }
        guard entry.dependencies.allSatisfy(isSettled) else { return nil }
        if entry.isService { return .start }
        if let refusal = entry.step.when.refusal(failing: failure, word: "when") {
            return .skip(explained(refusal, entry.step, &causes))
        }
        return .start
    }

    /// The refusal with the failure that the step waited for in it, where there is one.
    /// - Parameter causes: For each step of the stage the failed one it waits for; found when it is first asked for.
    private func explained(_ refusal: SkipReason, _ step: Step, _ causes: inout [Int?]?) -> SkipReason {
        guard let failure, let place = stageNumbers[step.name] else { return refusal }
        if let service = entries.first(where: { $0.isService && failures.contains($0.step.name) }) {
            return SkipReason(.earlierFailure, "service “\(service.step.name)” failed")
        }
        let known = causes ?? stageGraph.causes { failures.contains(stageNames[$0]) }
        causes = known
        if let cause = known[place] { return SkipReason(.earlierFailure, "step “\(stageNames[cause])” failed") }
        return step.when.refusal(failing: failure, isAwaited: false, word: "when") ?? refusal
    }

    private mutating func finish() -> [Action] {
        let foreground = entries.indices.filter { !entries[$0].isBackground }
        let isOver = foreground.allSatisfy { if case .done = entries[$0].state { true } else { false } }
        // Detached steps that still wait follow what the others decide.
        let pending = entries.indices.contains { entries[$0].state == .waiting }
        guard isOver, !pending else { return [] }
        // A detached step that has just begun runs until it works, even where nothing waits for it.
        let isBeginning = entries.indices.contains { !entries[$0].isService && isRunning($0) && !isSettled($0) }
        if stop == nil, isBeginning { return [] }
        isFinished = true
        var actions: [Action] = []
        for number in entries.indices where isRunning(number) {
            entries[number].state = .done(stop?.code == .cancelled ? .cancelled : .success)
            actions.append(.stop(entries[number].step.name, reason: stop?.text ?? "all steps are done"))
        }
        if let stop, stop.code == .cancelled {
            actions.append(.finish(.cancelled, reason: stop.text))
        } else if failedHere {
            actions.append(.finish(.failure, reason: failureReason))
        } else {
            actions.append(.finish(.success, reason: nil))
        }
        return actions
    }
}
