import Contracts
import Logging

/// What workers say of their jobs.
extension RunEngine {
    func stepStarted(_ message: StepStarted, in transaction: Transaction) throws {
        try RunExecutor(self, transaction).update(message.run) { $0.stepStarted(message) }
    }

    func stepFinished(_ message: StepFinished, in transaction: Transaction) throws {
        try RunExecutor(self, transaction).update(message.run) { $0.stepFinished(message) }
    }

    func jobFinished(_ message: JobFinished, in transaction: Transaction) throws {
        let isUnderWay = try RunExecutor(self, transaction).update(message.run) { $0.jobFinished(message) }
        if !isUnderWay { logger.debug("ended a job whose run is over", metadata: ["job": "\(message.job)"]) }
        if let job = try transaction.jobs.find(message.job), job.lease.state != .leased {
            try callHeldBack(after: job, in: transaction)
        }
    }

    /// It comes often and mostly says that nothing has changed, so the run is not read for it.
    func heartbeat(_ message: JobHeartbeat, in transaction: Transaction) throws {
        guard var job = try transaction.jobs.find(message.job) else {
            // This platform has given it to the worker, whose token says so, and lost it with what its database was before
            // a restore: nobody waits for it.
            return try transaction.send(
                JobCancelled(
                    job: message.job, run: message.run, attempt: message.attempt,
                    reason: "the platform does not know this job", isFinal: true), run: nil)
        }
        func stop(_ attempt: Int, _ reason: String, isFinal: Bool) throws {
            try transaction.send(
                JobCancelled(job: job.id, run: job.run, attempt: attempt, reason: reason, isFinal: isFinal),
                run: job.run)
        }
        guard
            job.lease.renew(
                attempt: message.attempt, until: try transaction.heardTime.now().adding(configuration.terms.length))
        else {
            if let reason = job.lease.stopReason(of: message.attempt) {
                try stop(message.attempt, reason, isFinal: job.lease.isCalledOff)
            }
            return
        }
        let stuck = message.stuck.map(Quotas.words)
        let gotStuck = job.stuck == nil && stuck != nil
        if job.stuck != stuck { transaction.changed(job.run, of: job.repository) }
        job.stuck = stuck
        try transaction.jobs.renew(job)
        if gotStuck, let workload = job.workload {
            try RunExecutor(self, transaction).displaceStuck(of: workload)
        }
        // The order to stop may not have reached it: announcements made while its connection was away are missed.
        if let reason = job.lease.stopping { try stop(job.lease.attempt, reason, isFinal: true) }
    }
}
