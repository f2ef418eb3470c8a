import Contracts
import Logging
import PipelineLanguage
import Storage

/// What time does to jobs and stages.
extension RunEngine {
    /// When there is something to do at the earliest, or `nil`.
    func nextDeadline() async throws -> Timestamp? {
        try await store.read { tables in
            let job = try tables.jobs.nextDeadline()
            let stage = try tables.runs.nextStageDeadline()
            return [job, stage].compactMap { $0 }.min()
        }
    }

    /// Gives every worker a whole lease from now on: nobody could be heard while this service or its broker was away.
    func extendLeases() async throws {
        try await store.write { transaction in
            try transaction.jobs.extendLeases(
                until: transaction.now.adding(configuration.lease))
        }
    }

    /// Ends what has taken too long: jobs of silent workers go back to their queues as the next attempt.
    func expire(now: Timestamp = .now) async throws {
        try await store.write(now: now) { transaction in
            for job in try transaction.jobs.expired(now: now) {
                let known = try update(job.run, in: transaction) { current in
                    guard let index = current.index(of: job.id) else { return }
                    try expire(index, current)
                }
                // The run is over: nobody waits for this job any more.
                if !known { try close(job, in: transaction) }
            }
            for stage in try transaction.runs.overdueStages(now: now) {
                try update(stage.run, in: transaction) { current in
                    if let position = current.position(of: stage.name) { current.stages[position].deadline = nil }
                    try current.tell { $0.stageTimedOut(stage.name) }
                }
            }
        }
    }

    private func expire(_ index: Int, _ current: RunInProgress) throws {
        let transaction = current.transaction
        let before = current.jobs[index]
        let key = current.key(of: before)
        let expiry = current.jobs[index].lease.expire(now: transaction.now)
        guard expiry != .notYet else { return }
        try transaction.jobs.update(current.jobs[index])
        logger.warning(
            "a lease ran out",
            metadata: [
                "job": "\(before.id)", "run": "\(before.run)", "attempt": "\(before.lease.attempt)",
                "worker": "\(before.lease.worker ?? "")", "next": "\(expiry)",
            ])
        transaction.count("slipway_leases_lost_total", [("kind", before.kind.rawValue)])
        // Should the worker still be there, it is to stop.
        try transaction.send(
            JobCancelled(
                job: before.id, run: before.run, attempt: before.lease.attempt,
                reason: "its lease ran out: the worker was not heard of"), run: before.run)
        switch expiry {
        case .notYet: break
        case .requeued:
            try current.tell { $0.jobReleased(key) }
            try current.follow(current.dispatch(index))
        case .failed(let reason):
            try current.tell { $0.jobFinished(key, outcome: .failure, reason: reason) }
            current.ended(before)
        case .stopped(let reason):
            try current.tell { $0.jobFinished(key, outcome: .cancelled, reason: reason) }
            current.ended(before)
        }
    }

    private func close(_ job: Job, in transaction: Transaction) throws {
        var job = job
        guard job.lease.finish(attempt: job.lease.attempt, reason: "its run is over") else { return }
        try transaction.jobs.update(job)
        if let workload = job.workload { try dispatchNext(of: [workload], in: transaction) }
    }
}
