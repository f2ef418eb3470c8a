import Contracts
import Logging
import PipelineLanguage
import Storage

/// What workers say of their jobs. What an attempt says that no longer counts changes nothing, and its worker is told
/// to stop.
extension RunEngine {
    func stepStarted(_ message: StepStarted, id: MessageID) async throws {
        _ = try await store.write(once: id) { try stepStarted(message, in: $0) }
    }

    func stepFinished(_ message: StepFinished, id: MessageID) async throws {
        _ = try await store.write(once: id) { try stepFinished(message, in: $0) }
    }

    func jobFinished(_ message: JobFinished, id: MessageID) async throws {
        _ = try await store.write(once: id) { try jobFinished(message, in: $0) }
    }

    /// Said twice it means no more than once, so it is not noted in the inbox.
    func heartbeat(_ message: JobHeartbeat) async throws { try await store.write { try heartbeat(message, in: $0) } }

    private func stepStarted(_ message: StepStarted, in transaction: Transaction) throws {
        try hear(of: message.job, attempt: message.attempt, run: message.run, in: transaction) { current, index in
            let job = current.jobs[index]
            guard let step = current.stepIndex(message.step, of: job) else { return }
            current.steps[step].startedAt = message.at
            current.steps[step].attempt = message.attempt
            if current.steps[step].kind == "service", !current.steps[step].state.isFinal {
                current.steps[step].state = .running
            }
            try current.tell { $0.stepStarted(message.step, in: current.key(of: job)) }
        }
    }

    private func stepFinished(_ message: StepFinished, in transaction: Transaction) throws {
        try hear(of: message.job, attempt: message.attempt, run: message.run, in: transaction) { current, index in
            let job = current.jobs[index]
            current.note(message.report, of: job, attempt: message.attempt)
            try current.tell { planner in
                planner.stepFinished(
                    message.report.step, in: current.key(of: job), outcome: message.report.outcome,
                    exitCode: message.report.exitCode, reason: message.report.reason)
            }
        }
    }

    private func heartbeat(_ message: JobHeartbeat, in transaction: Transaction) throws {
        let jobs = transaction.jobs
        guard var job = try jobs.find(message.job) else { return }
        guard job.lease.renew(attempt: message.attempt, now: transaction.now, lease: configuration.lease) else {
            return try tellToStop(message.job, message.run, message.attempt, job, in: transaction)
        }
        let gotStuck = job.stuck == nil && message.stuck != nil
        if job.stuck != message.stuck { transaction.changed(job.run) }
        job.stuck = message.stuck
        try jobs.update(job)
        if gotStuck, let workload = job.workload { try displaceStuck(of: workload, in: transaction) }
        // The order to stop may not have reached it: announcements made while its connection was away are missed.
        if let reason = job.lease.stopping {
            try transaction.send(
                JobCancelled(job: job.id, run: job.run, attempt: job.lease.attempt, reason: reason), run: job.run)
        }
    }

    private func jobFinished(_ message: JobFinished, in transaction: Transaction) throws {
        let isPlanned = try update(message.run, in: transaction) { current in
            guard let index = current.index(of: message.job) else { return }
            try finish(message, index, current)
        }
        if !isPlanned {
            logger.debug("a job of a run that is over ended", metadata: ["job": "\(message.job)"])
        }
    }

    private func finish(_ message: JobFinished, _ index: Int, _ current: RunInProgress) throws {
        let transaction = current.transaction
        let job = current.jobs[index]
        let key = current.key(of: job)
        let stopping = job.lease.stopping
        let counts =
            message.outcome == .released
            ? current.jobs[index].lease.release(attempt: message.attempt)
            : current.jobs[index].lease.finish(attempt: message.attempt, reason: message.reason)
        guard counts else { return try tellToStop(job.id, job.run, message.attempt, job, in: transaction) }
        try transaction.jobs.update(current.jobs[index])
        if message.outcome == .released, stopping == nil {
            try current.tell { $0.jobReleased(key) }
            try current.follow(current.dispatch(index))
            return
        }
        for report in message.steps { current.note(report, of: job, attempt: message.attempt) }
        let outcome = message.outcome == .released ? .cancelled : message.outcome
        try current.tell {
            $0.jobFinished(key, outcome: outcome, reason: stopping ?? message.reason, reports: message.steps)
        }
        current.ended(job)
    }

    /// A sign of life that also says something: renews the lease and hands on what it says.
    private func hear(
        of id: JobID, attempt: Int, run: RunID, in transaction: Transaction,
        _ body: (RunInProgress, _ job: Int) throws -> Void
    ) throws {
        try update(run, in: transaction) { current in
            guard let index = current.index(of: id) else { return }
            guard current.jobs[index].lease.renew(attempt: attempt, now: transaction.now, lease: configuration.lease)
            else { return try tellToStop(id, run, attempt, current.jobs[index], in: transaction) }
            try transaction.jobs.update(current.jobs[index])
            try body(current, index)
        }
    }

    /// Tells the worker of an attempt that lost its lease. A job that ended well needs no telling: this is a repeat.
    private func tellToStop(
        _ id: JobID, _ run: RunID, _ attempt: Int, _ job: Job, in transaction: Transaction
    ) throws {
        guard attempt < job.lease.attempt || job.lease.state == .cancelled || job.lease.state == .superseded else {
            return
        }
        let reason = job.lease.reason ?? "attempt \(job.lease.attempt) took the place of attempt \(attempt)"
        try transaction.send(JobCancelled(job: id, run: run, attempt: attempt, reason: reason), run: run)
    }
}

extension RunInProgress {
    /// Keeps what a report says beside the outcome, which is the planner's.
    func note(_ report: StepReport, of job: Job, attempt: Int) {
        guard let index = stepIndex(report.step, of: job) else { return }
        // What the planner settled already stays.
        let isService = steps[index].kind == "service"
        if steps[index].state.isFinal, !isService {
            steps[index].logBytes = report.logBytes
            return
        }
        steps[index].attempt = attempt
        steps[index].exitCode = report.exitCode
        steps[index].ignoresFailure = report.ignored ?? steps[index].ignoresFailure
        steps[index].outputs = report.outputs
        steps[index].logBytes = report.logBytes
        steps[index].startedAt = report.startedAt ?? steps[index].startedAt
        steps[index].finishedAt = report.finishedAt ?? now
        if report.startedAt == nil, steps[index].startedAt == nil { steps[index].finishedAt = nil }
        if isService {
            steps[index].state = RunState(report.outcome)
            steps[index].reason = report.reason
        }
    }

    /// A job is over: what waited for its workload may go.
    func ended(_ job: Job) {
        if let workload = job.workload { released.append(workload) }
    }
}
