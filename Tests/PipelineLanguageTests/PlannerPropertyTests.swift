import Contracts
import Testing

@testable import PipelineLanguage

/// Random processes with random outcomes, driven through the planner and the schedules of its jobs as a platform and
/// its workers would.
@Suite("Properties of plans")
struct PlannerPropertyTests {
    /// How many cases: 100,000 in a release build take less than a minute; set by `SLIPWAY_PROPERTY_CASES`.
    static let cases: Int = {
        #if DEBUG
            let standard = 300
        #else
            let standard = 100_000
        #endif
        return Environment.integer("SLIPWAY_PROPERTY_CASES") ?? standard
    }()

    @Test("nothing runs before what it needs, everything ends, the trace explains every skip")
    func properties() {
        for number in 0..<Self.cases {
            var random = SplitMix(seed: UInt64(number))
            let process = RandomProcess.make(&random)
            var simulation = Simulation(process: process, random: random)
            let problems = simulation.run()
            if !problems.isEmpty {
                Issue.record("case \(number): \(problems.joined(separator: "; "))")
                return
            }
        }
    }
}

enum RandomProcess {
    static func make(_ random: inout SplitMix) -> PipelineLanguage.Process {
        let count = 1 + random.below(4)
        let stages = (0..<count).map { number in
            var stage = Stage(name: "s\(number)", steps: steps(&random))
            stage.dependsOn = (0..<number).filter { _ in random.chance(40) }.map { "s\($0)" }
            if random.chance(20) { stage.trigger.branch = random.chance(50) ? ["main"] : ["other"] }
            stage.trigger.status = status(&random)
            if random.chance(20) { stage.services = [Step(name: "service", image: "x")] }
            return stage
        }
        return Process(name: "random", stages: stages)
    }

    private static func steps(_ random: inout SplitMix) -> [Step] {
        let isGraph = random.chance(60)
        return (0..<(1 + random.below(7))).map { number in
            var step = Step(name: "t\(number)", commands: ["x"])
            if random.chance(25) { step.deploy = Deploy(environment: "e", container: "c", image: "i") }
            if isGraph, number > 0 || random.chance(50) {
                step.dependsOn = (0..<number).filter { _ in random.chance(35) }.map { "t\($0)" }
            }
            step.when.status = status(&random)
            if random.chance(20) { step.when.branch = random.chance(40) ? ["main"] : ["other"] }
            if random.chance(15) { step.failure = random.chance(50) ? .ignore : .fast }
            if random.chance(10), step.deploy == nil { step.detach = true }
            if random.chance(15) { step.retry = Retry(max: 1 + random.below(2)) }
            return step
        }
    }

    private static func status(_ random: inout SplitMix) -> [Condition.Status] {
        switch random.below(10) {
        case 0: [.failure]
        case 1: [.success, .failure]
        case 2: [.success]
        default: []
        }
    }
}

/// A platform with workers, in no time at all.
struct Simulation {
    private let process: PipelineLanguage.Process
    private var random: SplitMix
    private var planner: Planner
    private var problems: [String] = []
    private var queued: [JobKey] = []
    private var running: [JobKey: StepSchedule] = [:]
    private var active: [(job: JobKey, step: String)] = []
    private var started = Set<StepKey>()
    private var skips: [StepKey: String] = [:]
    private var isOver = false
    private var kept = Set<StepKey>()

    init(process: PipelineLanguage.Process, random: SplitMix) {
        self.process = process
        self.random = random
        planner = Planner(plan: Plan(process, facts: PlannerTests.push))
    }

    mutating func run() -> [String] {
        perform(planner.start())
        var turns = 0
        while !isOver, problems.isEmpty {
            turns += 1
            guard turns < 5_000 else { return problems + ["it does not end"] }
            turn()
        }
        if problems.isEmpty { checkEnd() }
        return problems
    }

    private mutating func turn() {
        if random.chance(1) { perform(planner.cancel(reason: "cancelled")) }
        if random.chance(1) { perform(planner.stageTimedOut("s\(random.below(4))")) }
        if !queued.isEmpty, active.isEmpty || random.chance(50) {
            let key = queued.remove(at: random.below(queued.count))
            begin(key)
        } else if !active.isEmpty {
            if random.chance(2) { return handBack(active[random.below(active.count)].job) }
            let index = random.below(active.count)
            let (job, step) = active[index]
            finish(step, of: job)
        } else if !isOver {
            problems.append("nothing runs, nothing waits, and it is not over")
        }
    }

    private mutating func begin(_ key: JobKey) {
        guard let stage = process.stage(key.stage), let planned = planner.plan.stage(key.stage)?.jobs[key.index] else {
            problems.append("there is no job \(key)")
            return
        }
        perform(planner.jobStarted(key))
        let number = planner.plan.stages.firstIndex { $0.name == key.stage } ?? 0
        var outcomes: [String: StepOutcome] = [:]
        for (step, progress) in zip(stage.steps, planner.progress.stages[number].steps) {
            switch progress.state {
            case .success: outcomes[step.name] = .success
            case .failure: outcomes[step.name] = .failure
            case .skipped: outcomes[step.name] = .skipped
            case .cancelled: outcomes[step.name] = .cancelled
            case .pending, .running: break
            }
        }
        for needed in planned.after where outcomes[needed] == nil { problems.append("\(key) starts before \(needed)") }
        var schedule = StepSchedule(stage: stage, steps: planned.steps, outcomes: outcomes)
        let actions = schedule.begin()
        running[key] = schedule
        perform(actions, of: key)
    }

    private mutating func handBack(_ key: JobKey) {
        running[key] = nil
        active.removeAll { $0.job == key }
        perform(planner.jobFinished(key, outcome: .released))
        let number = planner.plan.stages.firstIndex { $0.name == key.stage } ?? 0
        guard planner.progress.stages[number].jobs[key.index] == .queued else { return }
        queued.append(key)
        for step in planner.plan.stage(key.stage)?.jobs[key.index].steps ?? [] {
            started.remove(StepKey(stage: key.stage, step: step))
            let index = planner.plan.stages[number].steps.firstIndex { $0.name == step } ?? 0
            // Another job relies on how it ended the first time.
            if planner.progress.stages[number].steps[index].state.isFinal {
                kept.insert(StepKey(stage: key.stage, step: step))
            }
        }
    }

    private mutating func finish(_ step: String, of key: JobKey) {
        guard var schedule = running[key] else { return }
        var outcome: StepOutcome = random.chance(80) ? .success : .failure
        if random.chance(3) { outcome = .cancelled }
        let exitCode: Int32 = outcome == .success ? (random.chance(4) ? 78 : 0) : 1
        let actions = schedule.finished(step, outcome, exitCode: exitCode)
        running[key] = schedule
        let isAgain = actions.contains { if case .start(step, _, _) = $0 { true } else { false } }
        if !isAgain {
            active.removeAll { $0.job == key && $0.step == step }
            perform(planner.stepFinished(step, in: key, outcome: outcome, exitCode: exitCode))
        }
        perform(actions, of: key)
    }

    private mutating func perform(_ actions: [StepSchedule.Action], of key: JobKey) {
        for action in actions {
            guard running[key] != nil else { return }
            switch action {
            case .start(let step, let attempt, _): start(step, attempt: attempt, of: key)
            case .skip(let step, let reason):
                explain(StepKey(stage: key.stage, step: step), reason)
                perform(
                    planner.stepFinished(
                        step, in: key, outcome: reason.code == .cancelled ? .cancelled : .skipped, reason: reason.text))
            case .stop: break
            case .finish(let outcome, let reason):
                if active.contains(where: { $0.job == key && !isBackground($0.step, key) }) {
                    problems.append("\(key) ends while a step runs")
                }
                active.removeAll { $0.job == key }
                let reports = (running[key]?.outcomes ?? [:]).map {
                    StepReport(step: $0.key, outcome: $0.value, reason: "-")
                }
                running[key] = nil
                perform(planner.jobFinished(key, outcome: outcome, reason: reason, reports: reports))
            }
        }
    }

    private func isBackground(_ step: String, _ key: JobKey) -> Bool {
        process.stage(key.stage).map { $0.isService(step) || $0.step(step)?.detach == true } ?? false
    }

    private mutating func start(_ step: String, attempt: Int, of key: JobKey) {
        if attempt == 1 {
            let name = StepKey(stage: key.stage, step: step)
            let isService = process.stage(key.stage)?.isService(step) == true
            if !isService, !started.insert(name).inserted { problems.append("\(name) starts twice") }
            checkOrder(step, of: key)
            active.append((key, step))
        }
        if attempt == 1, isBackground(step, key), var schedule = running[key] {
            let actions = schedule.ready(step)
            running[key] = schedule
            perform(actions, of: key)
        }
    }

    private mutating func checkOrder(_ step: String, of key: JobKey) {
        guard let planned = planner.plan.stage(key.stage), let own = planned.step(step) else { return }
        if own.skipped != nil { problems.append("\(step) runs although the plan skips it") }
        for needed in own.dependsOn {
            let state = planner.progress.stages.indices.lazy.compactMap { [planner] stage in
                planner.plan.stages[stage].name == key.stage
                    ? planner.plan.stages[stage].steps.firstIndex { $0.name == needed }.map {
                        planner.progress.stages[stage].steps[$0].state
                    } : nil
            }.first
            let isDetached = isBackground(needed, key) && active.contains { $0.step == needed && $0.job == key }
            let isDoneHere = running[key]?.outcomes[needed] != nil
            if state?.isFinal != true, !isDetached, !isDoneHere { problems.append("\(step) starts before \(needed)") }
        }
    }

    private mutating func explain(_ key: StepKey, _ reason: SkipReason) {
        if reason.text.isEmpty { problems.append("\(key) is skipped without a reason") }
        skips[key] = reason.text
    }

    private mutating func perform(_ actions: [Planner.Action]) {
        for action in actions {
            if isOver { problems.append("something follows the end") }
            switch action {
            case .startJob(let key): queued.append(key)
            case .cancelJob(let key, let reason):
                queued.removeAll { $0 == key }
                guard var schedule = running[key] else { continue }
                let actions = schedule.cancel(reason: reason)
                running[key] = schedule
                perform(actions, of: key)
            case .skipStep(let key, let reason): explain(key, reason)
            case .finished(let state, _):
                isOver = true
                if !state.isFinal { problems.append("the end is \(state)") }
            case .stageStarted, .stageFinished: break
            }
        }
    }

    private mutating func checkEnd() {
        if !running.isEmpty || !queued.isEmpty { problems.append("jobs are left behind") }
        for (number, stage) in planner.progress.stages.enumerated() {
            let name = planner.plan.stages[number].name
            if !stage.state.isFinal { problems.append("stage \(name) is \(stage.state)") }
            if stage.state == .skipped, stage.reason == nil {
                problems.append("stage \(name) is skipped without a reason")
            }
            for (index, step) in stage.steps.enumerated() {
                let key = StepKey(stage: name, step: planner.plan.stages[number].steps[index].name)
                if !step.state.isFinal { problems.append("\(key) is \(step.state)") }
                if step.state == .skipped, step.reason?.isEmpty != false {
                    problems.append("\(key) is skipped without a reason")
                }
                guard !kept.contains(key) else { continue }
                let ran = started.contains(key)
                if (step.state == .success || step.state == .failure) && !ran { problems.append("\(key) never ran") }
                if step.state == .skipped && ran { problems.append("\(key) ran and is skipped") }
            }
            let failed = zip(process.stages[number].steps, stage.steps).contains {
                $0.failure != .ignore && !$0.detach && $1.state == .failure
            }
            if failed, stage.state != .failure, stage.state != .cancelled {
                problems.append("stage \(name) hides a failure")
            }
        }
        let hasFailure = planner.progress.stages.contains { $0.state == .failure }
        if hasFailure, planner.outcome == .success { problems.append("the run hides a failure") }
    }
}
