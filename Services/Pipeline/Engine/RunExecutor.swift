import Contracts
import Measures
import Messaging
import PipelineLanguage
import Storage

/// Carries out what runs answer, within one transaction: writes their rows, sends their messages, and tells other runs
/// what concerns them. Each run is read once and written as it answers.
final class RunExecutor {
    private let engine: RunEngine
    private let transaction: Transaction
    private var runs: [RunID: ActiveRun] = [:]
    /// Workloads of jobs that are over: what waited for them may go once all that led there is written.
    private var released: [String] = []
    private var depth = 0

    init(_ engine: RunEngine, _ transaction: Transaction) {
        self.engine = engine
        self.transaction = transaction
    }

    /// The run with all its rows, or `nil` where it is unknown, not planned yet, or over. One that this version cannot go on
    /// with is over from then on.
    func find(_ id: RunID) throws -> ActiveRun? {
        let run = try runs[id] ?? load(id)
        runs[id] = run
        return run.flatMap { $0.summary.state.isFinal ? nil : $0 }
    }

    private func load(_ id: RunID) throws -> ActiveRun? {
        do {
            return try engine.load(id, in: transaction)
        } catch let error as StoreError where error.code != .corrupt {
            throw error
        } catch {
            try engine.end(id, unreadable: error, self, in: transaction)
            return nil
        }
    }

    /// Has a run take an event in, and carries out what it answers.
    /// - Returns: `false` where the run is unknown, not planned yet, or over.
    @discardableResult
    func update(_ id: RunID, _ event: (inout ActiveRun) throws -> [ActiveRun.Change]) throws -> Bool {
        guard var run = try find(id) else { return false }
        let changes = try event(&run)
        runs[id] = run
        depth += 1
        for change in changes { try carryOut(change, of: run) }
        if !changes.isEmpty { transaction.changed(id, of: run.summary.repository) }
        depth -= 1
        try dispatchReleased()
        return true
    }

    /// Lets what waited for a workload go.
    func release(_ workload: String) throws {
        released.append(workload)
        try dispatchReleased()
    }

    // MARK: - What follows

    private func carryOut(_ change: ActiveRun.Change, of run: ActiveRun) throws {
        switch change {
        case .summary(let summary): try transaction.runs.update(summary)
        case .stage(let stage): try transaction.runs.save(stage)
        case .step(let step): try transaction.runs.save(step)
        case .progress(let progress): try transaction.runs.update(progress: progress, of: run.id)
        case .choice(let choice): try transaction.runs.update(choice: choice, of: run.id)
        case .newJob(var job):
            job.trace = MessageContext.current?.traceparent
            try transaction.jobs.insert(job)
        case .job(let job): try transaction.save(job, run.rows.steps)
        case .rollout(let workload, let sequence):
            try transaction.jobs.begin(workload, sequence: sequence, run: run.id, of: run.summary.repository)
        case .offer(let job): try offer(job, of: run)
        case .stop(let message): try transaction.send(message, run: run.id)
        case .started: try transaction.emit(engine.events.started(run.summary, run.details), run: run.id)
        case .finished:
            try transaction.emit(engine.events.finished(run.summary, run.details), run: run.id)
            engine.plans.forget(run.id)
            transaction.count(.runs, run.summary.state.rawValue)
        case .limit: transaction.afterCommit { [beats = engine.beats] in beats.wake() }
        case .deadline: transaction.afterCommit { [deadlines = engine.deadlines] in deadlines.wake() }
        case .awaitTurn(let job): try takeTurn(job, of: run.id)
        case .wait(let job): try wait(job, of: run.id)
        case .displaceStuck(let workload): try displaceStuck(of: workload)
        case .source: try engine.askForSource(of: run, self, in: transaction)
        case .release(let workload): released.append(workload)
        }
    }

    private func offer(_ job: Job, of run: ActiveRun) throws {
        let queue = MessageMap.wakes(of: job.scope)
        let attempt = job.lease.attempt
        // The same attempt is always the same message.
        let id = MessageID(rawValue: "\(job.id).\(attempt)")
        switch job.kind {
        case .build:
            try transaction.send(
                BuildRequested(job: job.id, run: job.run, attempt: attempt), to: queue, id: id, run: job.run)
            for step in run.plan.process.stages[job.stage].steps
            where step.kind == .build && job.steps.contains(step.name) {
                let event = engine.events.buildQueued(run.summary, run.details, job, step.name)
                try transaction.emit(event, run: run.id)
            }
        case .rollout:
            try transaction.send(
                RolloutRequested(job: job.id, run: job.run, attempt: attempt), to: queue, id: id, run: job.run)
        }
    }

    /// Wakes the workers of a job that waits once more: the first wake may have come to one that may not take it, and those
    /// of the version before ask for nothing by themselves.
    func wakeAgain(_ job: Job) throws {
        let queue = MessageMap.wakes(of: job.scope)
        let attempt = job.lease.attempt
        switch job.kind {
        case .build:
            let wake = BuildRequested(job: job.id, run: job.run, attempt: attempt)
            try transaction.send(wake, to: queue, id: .make(), run: job.run)
        case .rollout:
            let wake = RolloutRequested(job: job.id, run: job.run, attempt: attempt)
            try transaction.send(wake, to: queue, id: .make(), run: job.run)
        }
    }

    // MARK: - Turns

    /// Asks whether a job may go. Those that have to give way to it are told first.
    func takeTurn(_ id: JobID, of run: RunID) throws {
        guard let current = try find(run), let index = current.index(of: id), let rollout = current.jobs[index].rollout,
            let workload = current.jobs[index].workload, !current.jobs[index].lease.state.isFinal
        else { return }
        let (verdict, superseded) = try transaction.jobs.rollouts(of: workload).admit(rollout)
        try supersede(superseded, by: run)
        let turn: ActiveRun.Turn =
            switch verdict {
            case .dispatch: .dispatch
            case .hold: .hold
            case .superseded(let winner): .superseded(by: try self.name(of: winner))
            }
        try update(run) { $0.turn(of: id, turn) }
    }

    /// A rollout waits before any worker may have it: of those that do so only the newest is of use.
    private func wait(_ id: JobID, of run: RunID) throws {
        guard let current = try find(run), let index = current.index(of: id), let rollout = current.jobs[index].rollout,
            let workload = current.jobs[index].workload, rollout.state == .waiting
        else { return }
        let (winner, superseded) = try transaction.jobs.rollouts(of: workload).wait(rollout)
        try supersede(superseded, by: run)
        guard let winner else { return }
        let name = try name(of: winner)
        try update(run) { $0.turn(of: id, .superseded(by: name)) }
    }

    private func supersede(_ jobs: [JobID], by run: RunID) throws {
        guard !jobs.isEmpty else { return }
        let name = try name(of: run)
        for id in jobs {
            guard let loser = try transaction.jobs.find(id) else { continue }
            try update(loser.run) { $0.turn(of: id, .superseded(by: name)) }
        }
    }

    /// Stops the jobs of a workload that are stuck while a newer one waits; that one goes when they have stopped.
    func displaceStuck(of workload: String) throws {
        for (id, winner) in try transaction.jobs.rollouts(of: workload).displaced() {
            guard let job = try transaction.jobs.find(id) else { continue }
            let name = try name(of: winner)
            try update(job.run) { $0.displace(id, by: name) }
        }
    }

    /// The jobs that waited for those that ended.
    private func dispatchReleased() throws {
        while depth == 0, let workload = released.popLast() {
            guard let next = try transaction.jobs.rollouts(of: workload).next(),
                let job = try transaction.jobs.find(next)
            else { continue }
            try takeTurn(next, of: job.run)
        }
    }

    private func name(of run: RunID) throws -> String {
        try transaction.runs.summary(run).map { "\($0.repository)#\($0.number)" } ?? run.rawValue
    }
}
