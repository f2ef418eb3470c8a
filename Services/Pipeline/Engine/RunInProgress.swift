import Contracts
import FoundationEssentials
import Messaging
import PipelineLanguage
import Storage

/// A planned run within one transaction: its rows, and the planner that says what follows from what happened. What it
/// is told changes the rows; ``save()`` writes those that changed.
final class RunInProgress {
    let engine: RunEngine
    let transaction: Transaction
    let run: RunID
    let serial: Int64
    var summary: RunSummary
    let details: RunDetails
    var planner: Planner
    var stages: [StageRecord]
    var steps: [StepRecord]
    var jobs: [Job]
    /// Workloads of rollouts that ended: what waited for them may go once this run is written.
    var released: [String] = []

    private var savedSummary: RunSummary
    private var savedStages: [StageRecord]
    private var savedSteps: [StepRecord]

    var now: Timestamp { transaction.now }

    init(
        engine: RunEngine, transaction: Transaction, serial: Int64, summary: RunSummary, details: RunDetails,
        planner: Planner, stages: [StageRecord], steps: [StepRecord], jobs: [Job]
    ) {
        self.engine = engine
        self.transaction = transaction
        self.run = summary.id
        self.serial = serial
        self.summary = summary
        self.details = details
        self.planner = planner
        self.stages = stages
        self.steps = steps
        self.jobs = jobs
        savedSummary = summary
        savedStages = stages
        savedSteps = steps
    }

    // MARK: - Telling

    /// Tells the planner something and does what follows.
    func tell(_ happening: (inout Planner) -> [Planner.Action]) throws {
        try follow(happening(&planner))
    }

    /// Does what the planner asked for, and what follows from that in turn.
    func follow(_ actions: [Planner.Action]) throws {
        var actions = actions[...]
        while let action = actions.popFirst() { actions += try perform(action) }
    }

    /// - Returns: what follows from it in turn.
    private func perform(_ action: Planner.Action) throws -> [Planner.Action] {
        switch action {
        case .stageStarted(let name):
            if let position = position(of: name), let timeout = planner.plan.process.stages[position].timeout {
                stages[position].deadline = now.adding(.seconds(timeout))
                transaction.deadlinesChanged(engine)
            }
        case .startJob(let key): return try start(key)
        case .cancelJob(let key, let reason): try stop(key, reason)
        case .skipStep, .stageFinished: break
        case .finished(let state, let reason): try finish(state, reason)
        }
        return []
    }

    private func start(_ key: JobKey) throws -> [Planner.Action] {
        guard let position = position(of: key.stage) else { return [] }
        let planned = planner.plan.stages[position].jobs[key.index]
        let stage = planner.plan.process.stages[position]
        var job = Job(
            id: .make(at: now), run: run, stage: position, place: key.index,
            kind: planned.isRollout ? .rollout : .build, steps: planned.steps,
            queue: JobRouting.queue(of: planned, in: stage).name,
            timeLimit: stage.timeout ?? engine.configuration.timeLimit,
            createdAt: now)
        if let workload = try workload(of: planned, in: stage),
            let record = steps.first(where: { $0.stage == position && $0.name == workload.step })
        {
            job.workload = workload.name
            job.sequence = RolloutQueue.sequence(serial: serial, step: record.id)
        }
        try transaction.jobs.insert(job)
        jobs.append(job)
        return try dispatch(jobs.count - 1)
    }

    /// The key of what a job changes, and the step that does.
    func workload(of planned: PlannedJob, in stage: Stage) throws -> (step: String, name: String)? {
        let clusters = transaction.clusters
        return try JobRouting.workload(
            of: planned, in: stage, repository: summary.repository, cluster: clusters.find)
    }

    /// Offers a job to workers, unless it changes a workload and has to wait or to give way.
    func dispatch(_ index: Int) throws -> [Planner.Action] {
        let store = transaction.jobs
        let job = jobs[index]
        if let workload = job.workload, let sequence = job.sequence {
            let (verdict, superseded) = try store.rollouts(of: workload).admit(
                RolloutQueue.Rollout(job: job.id, run: run, sequence: sequence, state: job.lease.state))
            for other in superseded { try engine.supersede(other, by: self, workload: workload, in: transaction) }
            switch verdict {
            case .dispatch: jobs[index].lease.state = .queued
            case .hold: jobs[index].lease.state = .held
            case .superseded(let winner):
                return try giveWay(index, to: winner, workload: workload)
            }
        }
        try store.update(jobs[index])
        if jobs[index].lease.state == .queued { try offer(jobs[index]) }
        if jobs[index].lease.state == .held, let workload = job.workload {
            try engine.displaceStuck(of: workload, in: transaction)
        }
        return []
    }

    private func offer(_ job: Job) throws {
        let queue = JobRouting.queue(named: job.queue)
        // The same attempt is always the same message.
        let id = MessageID(rawValue: "\(job.id).\(job.lease.attempt)")
        switch job.kind {
        case .build:
            try transaction.send(
                BuildRequested(job: job.id, run: run, attempt: job.lease.attempt), to: queue, id: id, run: run)
        case .rollout:
            try transaction.send(
                RolloutRequested(job: job.id, run: run, attempt: job.lease.attempt), to: queue, id: id, run: run)
        }
    }

    /// A newer rollout of the workload was there first: the run has nothing more to give.
    func giveWay(_ index: Int, to winner: RunID, workload: String) throws -> [Planner.Action] {
        let name = try transaction.runs.summary(winner).map { "\($0.repository) #\($0.number)" }
        let reason =
            "\(jobs[index].kind == .rollout ? "a newer rollout to" : "a newer run of the step") \(workload) took its place: \(name ?? winner.rawValue)"
        _ = jobs[index].lease.stop(reason, now: now, as: .superseded)
        try transaction.jobs.update(jobs[index])
        // One that came back from a lost worker may be what the newer one waits for.
        ended(jobs[index])
        return planner.cancel(reason: reason)
    }

    /// A newer rollout of the workload waits, and this one does not get on: its worker is told to stop.
    func makeRoom(_ index: Int, for winner: RunID, workload: String) throws {
        let name = try transaction.runs.summary(winner).map { "\($0.repository) #\($0.number)" }
        let why = jobs[index].stuck.map { " (\($0))" } ?? ""
        let reason = "it was stuck\(why), and a newer rollout to \(workload) took its place: \(name ?? winner.rawValue)"
        try follow(planner.cancel(reason: reason))
    }

    private func stop(_ key: JobKey, _ reason: String) throws {
        guard
            let index = jobs.lastIndex(where: { job in
                stages[job.stage].name == key.stage && job.place == key.index && !job.lease.state.isFinal
            })
        else { return }
        let outcome = jobs[index].lease.stop(reason, now: now)
        try transaction.jobs.update(jobs[index])
        switch outcome {
        case .nothing: break
        case .ended: ended(jobs[index])
        case .tellWorker:
            try transaction.send(
                JobCancelled(job: jobs[index].id, run: run, attempt: jobs[index].lease.attempt, reason: reason),
                run: run)
            transaction.deadlinesChanged(engine)
        }
    }

    private func finish(_ state: RunState, _ reason: String?) throws {
        summary.state = state
        summary.reason = reason
        summary.finishedAt = now
        try transaction.emit(engine.events.finished(summary, details), run: run)
        engine.plans.forget(run)
        transaction.count("slipway_runs_total", [("state", state.rawValue)])
    }

    // MARK: - Rows

    func position(of stage: String) -> Int? { stages.firstIndex { $0.name == stage } }

    func key(of job: Job) -> JobKey { JobKey(stage: stages[job.stage].name, index: job.place) }

    func index(of job: JobID) -> Int? { jobs.firstIndex { $0.id == job } }

    func stepIndex(_ name: String, of job: Job) -> Int? {
        steps.firstIndex { $0.stage == job.stage && $0.name == name }
    }

    /// Takes the planner's states over and writes the rows that changed.
    func save() throws {
        takeOver()
        let store = transaction.runs
        if summary != savedSummary { try store.update(summary) }
        for (stage, saved) in zip(stages, savedStages) where stage != saved { try store.save(stage) }
        for (step, saved) in zip(steps, savedSteps) where step != saved { try store.save(step) }
        if planner.progress != details.progress { try store.update(progress: planner.progress, of: run) }
        (savedSummary, savedStages, savedSteps) = (summary, stages, steps)
        transaction.changed(run)
    }

    private func takeOver() {
        for (position, progress) in planner.progress.stages.enumerated() {
            stages[position].state = progress.state
            stages[position].reason = progress.reason
            let planned = planner.plan.stages[position].steps
            for (number, step) in progress.steps.enumerated() {
                guard let index = steps.firstIndex(where: { $0.stage == position && $0.name == planned[number].name })
                else { continue }
                steps[index].take(step, now: now)
            }
            guard progress.state.isFinal else { continue }
            // Services are not the planner's: they end with their stage.
            for index in steps.indices
            where steps[index].stage == position && steps[index].kind == "service" && !steps[index].state.isFinal {
                steps[index].state = steps[index].state == .running ? .success : .skipped
                if steps[index].state == .success { steps[index].finishedAt = now }
            }
        }
    }
}

extension StepRecord {
    /// Takes the planner's word.
    mutating func take(_ step: RunProgress.Step, now: Timestamp) {
        if step.state == .pending, state != .pending {
            // Its job goes to another worker: what this attempt did does not count.
            exitCode = nil
            outputs = [:]
            logBytes = nil
            startedAt = nil
            finishedAt = nil
        }
        state = step.state
        reason = step.reason
        exitCode = step.exitCode ?? exitCode
        if state.isFinal, startedAt != nil, finishedAt == nil { finishedAt = now }
    }
}
