import Contracts
import Logging
import Measures
import Storage

/// What time does to jobs and stages.
extension RunEngine {
    /// When there is something to do at the earliest, or `nil`.
    func nextDeadline() async throws -> Timestamp? {
        try await store.read { tables in
            let job = try tables.jobs.nextDeadline()
            let stage = try tables.runs.nextStageDeadline()
            let opening = try tables.jobs.nextOpening()
            return [job, stage, opening].compactMap { $0 }.min()
        }
    }

    /// How often the store was away when something was to be written, so far.
    var outages: Int { store.store.outages }

    /// Gives every worker a whole lease from now on: nobody could be heard while this service, its broker or its store was
    /// away.
    func extendLeases() async throws {
        try await store.write { transaction in
            try transaction.jobs.extendLeases(until: transaction.now.adding(configuration.lease))
            try transaction.workers.excuse(now: transaction.now)
        }
    }

    /// Ends what has taken too long: jobs of silent workers go back to their queues as the next attempt.
    func expire(now: Timestamp = .now) async throws {
        try await store.write(now: now) { transaction in
            let executor = RunExecutor(self, transaction)
            for job in try transaction.jobs.expired(now: now) {
                let isKnown = try executor.update(job.run) { run in
                    let (expiry, changes) = run.expire(job.id)
                    log(expiry, of: job, in: transaction)
                    return changes
                }
                // The run is over: nobody waits for this job any more.
                if !isKnown { try close(job, "its run is over", executor, in: transaction) }
                try callHeldBack(after: job, in: transaction)
            }
            for job in try transaction.jobs.opening(now: now) {
                let isKnown = try executor.update(job.run) { $0.reconsider(job.id) }
                if !isKnown { try close(job, "its run is over", executor, in: transaction) }
            }
            for stage in try transaction.runs.overdueStages(now: now) {
                try executor.update(stage.run) { $0.stageTimedOut(stage.name) }
            }
        }
    }

    private func log(_ expiry: JobLease.Expiry, of job: Job, in transaction: Transaction) {
        guard expiry != .notYet else { return }
        logger.warning(
            "a lease ran out",
            metadata: [
                "job": "\(job.id)", "run": "\(job.run)", "attempt": "\(job.lease.attempt)",
                "worker": "\(job.lease.worker ?? "")", "next": "\(expiry)",
            ])
        transaction.count(.leasesLost, job.kind.rawValue)
    }

    /// Ends a job whose run does not know it any more, unless it has ended meanwhile.
    func close(_ job: Job, _ reason: String, _ executor: RunExecutor, in transaction: Transaction) throws {
        guard var job = try transaction.jobs.find(job.id), !job.lease.state.isFinal else { return }
        job.lease.abandon(reason)
        job.endedAt = transaction.now
        try transaction.save(job, [])
        if let workload = job.workload { try executor.release(workload) }
    }
}
