import Contracts
import Logging
import Storage

/// What is waited for that may have been lost on its way: a purged queue, a broker that was made anew.
extension RunEngine {
    /// How many are looked at in one transaction: others wait for the writer.
    private static let lostLimit = 100

    /// Asks sync again for the sources of runs that it has not told of.
    func askForLostSources(now: Timestamp = .now) async throws {
        try await store.write(now: now) { transaction in
            let runs = try transaction.runs.withoutSource(
                before: now.adding(.zero - SourcePauses.first), limit: Self.lostLimit)
            let due = sourcePauses.due(runs.map(\.id))
            for run in runs where due.contains(run.id) {
                guard let trigger = try transaction.runs.details(run.id)?.trigger,
                    let repository = try transaction.repositories.find(run.repository)
                else { continue }
                logger.notice(
                    "the source of a run is asked for again, since sync has not told of it",
                    metadata: ["run": "\(run.id)", "repository": "\(run.repository)"])
                // The same trigger: told of twice, it counts once.
                try transaction.send(
                    SyncRequested(trigger: trigger, cloneURL: repository.cloneURL), id: .make(at: now), run: run.id)
            }
        }
    }

    /// Fails jobs that no worker has taken for as long as one may wait, by a clock that does not leap.
    func endLongWaits(now: Timestamp = .now) async throws {
        try await store.write(now: now) { transaction in
            let limit = Duration.seconds(3600 * configuration.queueHours)
            let moment = try transaction.clock.reached(now: now).adding(.zero - limit)
            let executor = RunExecutor(self, transaction)
            for job in try transaction.jobs.queued(before: moment, limit: Self.lostLimit) {
                let isKnown = try executor.update(job.run) { $0.waitedTooLong(job.id, limit: configuration.queueHours) }
                if !isKnown { try close(job, "its run is over", executor, in: transaction) }
            }
        }
    }
}
