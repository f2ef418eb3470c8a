import Contracts
import Logging
import Measures
import Storage

/// What time does to jobs and stages.
extension RunEngine {
    /// When there is something to do at the earliest by the time of the day, or `nil`.
    func nextDeadline(now: Timestamp = .now) async throws -> Timestamp? {
        try await store.read { tables in
            try [tables.jobs.nextOpening(now: now), tables.schedules.nextLook(now: now)].compactMap(\.self).min()
        }
    }

    /// Does what is due by the time of the day: rollouts whose freeze has ended are looked at again, and schedules fire.
    func expire(now: Timestamp = .now) async throws {
        try await store.write(now: now) { transaction in
            let executor = RunExecutor(self, transaction)
            for job in try transaction.jobs.opening(now: now) {
                let isKnown = try executor.update(job.run) { $0.reconsider(job.id) }
                if !isKnown { try close(job, "its run is over", executor, in: transaction) }
            }
        }
        try await fireSchedules(now: now)
    }

    /// How often the store was away when something was to be written, so far.
    var outages: Int { store.store.outages }

    /// Time has gone on in which workers could be heard: what has taken too long by it ends, and jobs of silent workers go
    /// back to their queues as the next attempt. Where they could not be heard for a while, such as while this service or the
    /// broker was away, each is given a whole lease instead.
    func beat(_ beat: PlatformBeat, in transaction: Transaction) throws {
        let terms = configuration.terms
        guard let (now, isWhole) = try transaction.heardTime.advance(to: beat, limit: terms.delay) else { return }
        guard isWhole else {
            try transaction.jobs.extendLeases(until: now.adding(terms.length))
            return try transaction.workers.excuse(now: transaction.now)
        }
        let executor = RunExecutor(self, transaction)
        for job in try transaction.jobs.expired(now: now) {
            try lose(job, executor, in: transaction) { $0.expire(job.id) }
        }
        for stage in try transaction.runs.overdueStages(now: now) {
            do {
                try executor.update(stage.run) { $0.stageTimedOut(stage.name) }
            } catch let error as StoreError where error.code == .corrupt {
                logger.error("a run cannot be read", metadata: ["run": "\(stage.run)", "error": "\(error)"])
            }
        }
    }

    /// Ends what those lives of a worker had of which nothing goes on any more: nobody has to wait for their leases to end.
    func endLives(_ lives: [String], of worker: Worker.Key, in transaction: Transaction) throws {
        let executor = RunExecutor(self, transaction)
        for job in try transaction.jobs.leased(by: worker, in: lives) {
            try lose(job, executor, in: transaction) { $0.workerEnded(job.id) }
        }
    }

    private func lose(
        _ job: Job, _ executor: RunExecutor, in transaction: Transaction,
        _ how: (inout ActiveRun) -> (expiry: JobLease.Expiry, changes: [ActiveRun.Change])
    ) throws {
        do {
            let isKnown = try executor.update(job.run) { run in
                let (expiry, changes) = how(&run)
                log(expiry, of: job, in: transaction)
                return changes
            }
            // The run is over: nobody waits for this job any more.
            if !isKnown { try close(job, "its run is over", executor, in: transaction) }
        } catch let error as StoreError where error.code == .corrupt {
            // It is read before anything is written, and keeps no other's lease from ending.
            logger.error("a run cannot be read", metadata: ["run": "\(job.run)", "error": "\(error)"])
            try close(job, "its run cannot be read: \(error)", executor, in: transaction)
        }
        try callHeldBack(after: job, in: transaction)
    }

    private func log(_ expiry: JobLease.Expiry, of job: Job, in transaction: Transaction) {
        guard expiry != .notYet else { return }
        logger.warning(
            "a lease ended without its worker's report",
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
