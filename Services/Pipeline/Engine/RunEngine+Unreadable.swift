import Contracts
import Logging
import Measures
import Storage

/// Runs that this version cannot go on with: an earlier one, or a newer one, has planned them.
extension RunEngine {
    /// Ends a run whose plan, or what is kept of it, does not fit this version: workers stop, and what waited for its
    /// workloads goes.
    func end(
        _ id: RunID, unreadable error: any Error, _ executor: RunExecutor, in transaction: Transaction
    ) throws {
        guard var run = try transaction.runs.summary(id), !run.state.isFinal else { return }
        let reason = "Slipway was updated and cannot go on with this run: \(error); run it again"
        logger.error("a run cannot be gone on with, and ends", metadata: ["run": "\(id)", "error": "\(error)"])
        for var job in try transaction.jobs.all(of: id) where !job.lease.state.isFinal {
            let (attempt, isAtWork) = (job.lease.attempt, job.lease.state == .leased)
            job.lease.abandon(reason)
            job.endedAt = transaction.now
            try transaction.save(job, [])
            if isAtWork {
                try transaction.send(
                    JobCancelled(job: job.id, run: id, attempt: attempt, reason: reason, isFinal: true), run: id)
            }
            if let workload = job.workload { try executor.release(workload) }
        }
        run.state = .failure
        run.reason = reason
        run.finishedAt = transaction.now
        try transaction.runs.update(run)
        try transaction.runs.closeParts(of: id, reason: reason, now: transaction.now)
        plans.forget(id)
        transaction.count(.runs, run.state.rawValue)
        transaction.changed(id, of: run.repository)
        if let details = try transaction.runs.readableDetails(id) {
            try transaction.emit(events.finished(run, details), run: id)
        }
    }

    /// Looks at runs that have not ended, in the order in which they were made, whether this version can go on with them.
    /// - Parameter serial: only those after it.
    /// - Returns: the last one's; `nil` where there was none.
    func endUnreadable(after serial: Int64, limit: Int = 20) async throws -> Int64? {
        try await store.write { transaction in
            let open = try transaction.runs.planned(after: serial, limit: limit)
            let executor = RunExecutor(self, transaction)
            for run in open { _ = try executor.find(run.id) }
            return open.last?.serial
        }
    }
}
