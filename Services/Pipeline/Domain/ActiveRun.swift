import Contracts
import Messaging
import PipelineLanguage

/// A planned run that is not over, as a value: told what happened, it answers what is to be written, sent and looked at.
/// It holds no clock and does no I/O; ``RunExecutor`` carries out what it answers, in its order.
///
/// Of other runs it knows nothing: a job that changes a workload asks for its turn (``Change/awaitTurn(_:)``) and is told
/// (``turn(of:_:)``).
struct ActiveRun: Sendable {
    /// What holds for all runs.
    struct Rules: Sendable {
        /// How long a worker may be silent.
        var terms: LeaseTerms
        /// How long a job may take where its stage says nothing, in seconds.
        var timeLimit: Int
        var quotas = Quotas()
        /// Whether its jobs may be given to workers.
        var gate = JobGate()
    }

    let now: Timestamp
    let heard: HeardTime
    let rules: Rules
    /// The place of the run among all, which grows with every new one.
    let serial: Int64
    private(set) var details: RunDetails
    var rows: Rows
    private(set) var planner: Planner

    var answer: Answer
    /// Rollouts that were refused while the planner was at work: they end once it has said all.
    private var refused: [(job: Int, reason: String)] = []
    /// The same of those that give way to a newer push.
    private var overtaken: [Int] = []

    var id: RunID { rows.summary.id }
    var summary: RunSummary { rows.summary }
    var jobs: [Job] { rows.jobs }
    var plan: Plan { planner.plan }

    /// - Parameters:
    ///   - planner: with the progress that is kept.
    ///   - heard: now, as leases and time limits count.
    init(
        rows: Rows, details: RunDetails, planner: Planner, serial: Int64, rules: Rules, now: Timestamp, heard: HeardTime
    ) {
        self.rows = rows
        self.details = details
        self.planner = planner
        self.serial = serial
        self.rules = rules
        self.now = now
        self.heard = heard
        answer = Answer(rows, planner.progress)
    }

    // MARK: - What people and time say

    /// Begins the run.
    mutating func start() -> [Change] {
        advance { $0.start() }
        return changes()
    }

    /// - Parameter caller: who asks for it.
    mutating func cancel(by caller: Caller, reason: String) -> [Change] {
        rows.summary.cancelledBy = rows.summary.cancelledBy ?? caller
        return cancel(reason: reason)
    }

    mutating func cancel(reason: String) -> [Change] {
        advance { $0.cancel(reason: reason) }
        return changes()
    }

    mutating func stageTimedOut(_ name: String) -> [Change] {
        if let position = position(of: name) { rows.stages[position].deadline = nil }
        advance { $0.stageTimedOut(name) }
        return changes()
    }

    /// A job's lease or time limit may have run out.
    mutating func expire(_ id: JobID) -> (expiry: JobLease.Expiry, changes: [Change]) {
        let now = heard
        return lose(id, "its lease ran out: the worker was not heard of") { $0.expire(now: now) }
    }

    /// The life of a job's worker that had it is over.
    mutating func workerEnded(_ id: JobID) -> (expiry: JobLease.Expiry, changes: [Change]) {
        lose(id, "its worker was started anew") { $0.workerEnded() }
    }

    private mutating func lose(
        _ id: JobID, _ reason: String, _ how: (inout JobLease) -> JobLease.Expiry
    ) -> (expiry: JobLease.Expiry, changes: [Change]) {
        guard let index = index(of: id) else { return (.notYet, []) }
        let attempt = rows.jobs[index].lease.attempt
        let expiry = how(&rows.jobs[index].lease)
        guard expiry != .notYet else { return (.notYet, []) }
        // Should the worker still be there, it is to stop.
        answer.messages.append(
            .stop(
                JobCancelled(
                    job: id, run: self.id, attempt: attempt, reason: reason, isFinal: expiry != .requeued)))
        switch expiry {
        case .notYet: break
        case .requeued: requeue(index)
        case .failed(let reason): end(index, .failure, reason)
        case .stopped(let reason): end(index, .cancelled, reason)
        }
        return (expiry, changes())
    }

    /// No worker has taken a job for as long as one may wait.
    mutating func waitedTooLong(_ id: JobID, limit: Int) -> [Change] {
        guard let index = index(of: id), rows.jobs[index].lease.state == .queued else { return [] }
        let kind = rows.jobs[index].scope.cluster == nil ? "builder" : "deployer"
        let before = rows.jobs[index].lease.reason.map { "; \($0)" } ?? ""
        return refuse(
            id,
            "no \(kind) of \(rows.jobs[index].queue) took it within \(limit) h, which is as long as a job may wait "
                + "(SLIPWAY_QUEUE_HOURS of pipeline)\(before)")
    }

    // MARK: - What people decide

    /// What holds for a job's pool or environment may have changed since it was offered, or since it waits.
    /// - Parameter change: What has, for the run's trace.
    mutating func reconsider(_ id: JobID, _ change: String? = nil) -> [Change] {
        guard let index = index(of: id) else { return [] }
        if let change { note(change) }
        switch rows.jobs[index].lease.state {
        case .waiting:
            if let awaited = rows.jobs[index].awaits { reconsider(index, awaiting: awaited) } else { ready(index) }
        case .held, .queued: admit(index)
        case .leased, .finished, .cancelled, .superseded: return []
        }
        return changes()
    }

    /// A job cannot be given to anyone.
    mutating func refuse(_ id: JobID, _ reason: String) -> [Change] {
        guard let index = index(of: id), rows.jobs[index].lease.state == .queued else { return [] }
        rows.jobs[index].lease.refuse(reason)
        end(index, .failure, reason)
        return changes()
    }

    /// A person approved a rollout that waits, or refused it.
    mutating func decided(_ id: JobID, _ verdict: VerdictView) -> [Change] {
        guard let index = index(of: id), rows.jobs[index].lease.state == .waiting else { return [] }
        let said = verdict.approves ? "approved" : "refused"
        let why = verdict.reason.map { ": \($0)" } ?? ""
        note("step “\(rows.jobs[index].steps.first ?? "")” was \(said) by \(verdict.name) at \(verdict.at)\(why)")
        return reconsider(id)
    }

    // MARK: - Jobs

    mutating func begin(_ index: Int) {
        rows.jobs[index].stuck = nil
        let job = rows.jobs[index]
        if let workload = job.workload, let sequence = job.sequence {
            answer.messages.append(.rollout(workload: workload, sequence: sequence))
        }
        let key = key(of: job)
        advance { $0.jobStarted(key) }
        if summary.startedAt == nil {
            rows.summary.startedAt = now
            rows.summary.state = .running
            rows.summary.reason = nil
            answer.messages.append(.started)
        }
        for step in rows.steps.indices where job.has(rows.steps[step]) {
            rows.steps[step].job = job.id
            rows.steps[step].attempt = job.lease.attempt
        }
        answer.next.append(.limit)
    }

    /// Its lease was given back: another worker gets it, as the next attempt.
    mutating func requeue(_ index: Int) {
        let key = key(of: rows.jobs[index])
        advance { $0.jobReleased(key) }
        ready(index)
    }

    mutating func end(
        _ index: Int, _ outcome: JobFinished.Outcome, _ reason: String?, reports: [StepReport] = []
    ) {
        let key = key(of: rows.jobs[index])
        advance { $0.jobFinished(key, outcome: outcome, reason: reason, reports: reports) }
        release(index)
    }

    /// Offers a job to workers. A rollout has to be allowed, and what changes a workload waits for its turn.
    mutating func ready(_ index: Int) {
        if details.trigger.overtakenBy != nil, rows.jobs[index].kind == .rollout {
            overtaken.append(index)
            return
        }
        guard admit(index) else { return }
        guard rows.jobs[index].workload != nil, rows.jobs[index].sequence != nil else { return offer(index) }
        rows.jobs[index].lease.state = .held
        answer.next.append(.awaitTurn(rows.jobs[index].id))
    }

    /// Whether a job may be done at all; one that may not ends with the reason.
    @discardableResult
    private mutating func admit(_ index: Int) -> Bool {
        let job = rows.jobs[index]
        guard let deploy = deploy(of: job) else { return isServed(index) }
        let decision = rules.gate.decide(
            job, deploy, of: details.trigger, own: plan.process.environments[deploy.environment], at: now)
        note("step “\(job.steps.first ?? "")” is \(decision.words)")
        let waited = job.lease.state == .waiting
        rows.jobs[index].environment = deploy.environment
        rows.jobs[index].waits = nil
        rows.jobs[index].approvals = nil
        rows.jobs[index].opensAt = nil
        switch decision {
        case .allowed:
            if waited { resume(job.stage) }
            return true
        case .refused(let reason):
            if waited { resume(job.stage) }
            rows.jobs[index].lease.refuse(reason)
            refused.append((index, reason))
        case .waiting(let reason, let approvals, let until):
            // No worker is to have it, nor is another rollout to wait for it.
            if job.lease.state == .queued { release(index) }
            rows.jobs[index].lease.state = .waiting
            // What people take their time for is not the pipeline's.
            rows.stages[job.stage].deadline = nil
            rows.jobs[index].waits = reason
            rows.jobs[index].approvals = approvals
            rows.jobs[index].opensAt = until
            if until != nil { answer.next.append(.deadline) }
            answer.next.append(.wait(job.id))
        }
        return false
    }

    /// Whether the builders of a job's pool may do it; where they may not it ends with the reason.
    private mutating func isServed(_ index: Int) -> Bool {
        let job = rows.jobs[index]
        guard job.kind == .build, let reason = rules.gate.pools.refusal(of: origin, by: job.scope.pool) else {
            return true
        }
        rows.jobs[index].lease.refuse(reason)
        refused.append((index, reason))
        return false
    }

    /// The time limit of a stage begins anew when a rollout that waited does so no more, unless another one still waits.
    private mutating func resume(_ stage: Int) {
        guard let timeout = plan.process.stages[stage].timeout,
            rows.jobs.filter({ $0.stage == stage && $0.lease.state == .waiting }).count == 1
        else { return }
        rows.stages[stage].deadline = heard.adding(.seconds(timeout))
        answer.next.append(.limit)
    }

    /// Secrets were withheld from a job.
    mutating func withheld(_ reasons: [String], from job: JobID) -> [Change] {
        guard !reasons.isEmpty, let steps = self.job(job)?.steps.joined(separator: "”, “") else { return [] }
        for reason in reasons { note("withheld from “\(steps)”: \(reason)") }
        return changes()
    }

    /// A line of the run's trace.
    mutating func note(_ line: String) {
        guard var choice = details.choice, !choice.trace.contains(line) else { return }
        choice.trace.append(line)
        details.choice = choice
        answer.messages.append(.choice(choice))
    }

    /// What a job rolls out; `nil` for one that does not.
    private func deploy(of job: Job) -> Deploy? {
        guard job.kind == .rollout, let name = job.steps.first else { return nil }
        return plan.process.stages[job.stage].step(name)?.deploy
    }

    /// The environment that a job rolls out to; `nil` for one that does not.
    func environment(of job: Job) -> Environment? {
        deploy(of: job).flatMap { rules.gate.environments[$0.environment] }
    }

    mutating func offer(_ index: Int) {
        rows.jobs[index].lease.state = .queued
        rows.jobs[index].queuedAt = now
        answer.messages.append(.offer(rows.jobs[index]))
    }

    /// A job is over: what waited for its workload may go.
    mutating func release(_ index: Int) {
        if let workload = rows.jobs[index].workload { answer.next.append(.release(workload)) }
    }

    // MARK: - The planner

    mutating func advance(_ event: (inout Planner) -> [Planner.Action]) {
        for action in event(&planner) {
            switch action {
            case .stageStarted(let name):
                guard let position = position(of: name), let timeout = plan.process.stages[position].timeout else {
                    continue
                }
                rows.stages[position].deadline = heard.adding(.seconds(timeout))
                answer.next.append(.limit)
            case .startJob(let key): start(key)
            case .cancelJob(let key, let reason): stop(key, reason)
            case .skipStep, .stageFinished: break
            case .finished(let state, let reason):
                rows.summary.state = state
                rows.summary.reason = reason
                rows.summary.finishedAt = now
                answer.messages.append(.finished)
            }
        }
    }

    private mutating func start(_ key: JobKey) {
        guard let position = position(of: key.stage) else { return }
        let planned = plan.stages[position].jobs[key.index]
        let stage = plan.process.stages[position]
        var job = Job(
            id: .make(at: now), run: id, stage: position, place: key.index,
            kind: planned.isRollout ? .rollout : .build, steps: planned.steps,
            scope: JobRouting.scope(
                of: planned, in: stage, usual: rules.gate.pools.choice(for: origin), deployers: rules.gate.deployers),
            repository: summary.repository,
            timeLimit: stage.timeout ?? rules.timeLimit, createdAt: now)
        if let workload = rules.gate.workload(of: planned, in: stage, repository: summary.repository),
            let step = rows.steps.first(where: { $0.stage == position && $0.name == workload.step })
        {
            job.workload = workload.name
            job.sequence = RolloutQueue.sequence(serial: serial, step: step.id)
        }
        rows.jobs.append(job)
        ready(rows.jobs.count - 1)
    }

    private mutating func stop(_ key: JobKey, _ reason: String) {
        guard
            let index = rows.jobs.lastIndex(where: { self.key(of: $0) == key && !$0.lease.state.isFinal })
        else { return }
        switch rows.jobs[index].lease.stop(reason, now: heard) {
        case .nothing: break
        case .ended: release(index)
        case .tellWorker:
            answer.messages.append(
                .stop(
                    JobCancelled(
                        job: rows.jobs[index].id, run: id, attempt: rows.jobs[index].lease.attempt, reason: reason,
                        isFinal: true)))
        }
    }

    // MARK: - Rows

    func position(of stage: String) -> Int? { rows.stages.firstIndex { $0.name == stage } }

    func key(of job: Job) -> JobKey { JobKey(stage: rows.stages[job.stage].name, index: job.place) }

    func index(of job: JobID) -> Int? { rows.jobs.firstIndex { $0.id == job } }

    func job(_ id: JobID) -> Job? { rows.jobs.first { $0.id == id } }

    func index(of step: String, in job: Job) -> Int? {
        rows.steps.firstIndex { $0.name == step && job.has($0) }
    }

    /// What has changed since the last answer.
    mutating func changes() -> [Change] {
        while !overtaken.isEmpty || !refused.isEmpty {
            if !overtaken.isEmpty {
                giveWay(overtaken.removeFirst())
                continue
            }
            let (index, reason) = refused.removeFirst()
            let steps = rows.jobs[index].steps.map { StepReport(step: $0, outcome: .failure, reason: reason) }
            end(index, .failure, reason, reports: steps)
        }
        for index in rows.jobs.indices where rows.jobs[index].lease.state.isFinal && rows.jobs[index].endedAt == nil {
            rows.jobs[index].endedAt = now
        }
        rows.follow(planner, now: now)
        return answer.give(rows, planner.progress)
    }
}
