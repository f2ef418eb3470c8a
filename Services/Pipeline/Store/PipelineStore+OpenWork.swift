import Contracts
import Storage

extension PipelineStore {
    /// Counts what has not ended, by indexes of what is open alone.
    func openWork(now: Timestamp = .now) async throws -> OpenWork {
        try await store.read { database in
            var work = OpenWork()
            for state in [RunState.pending, .running] {
                work.runs += try database.value("SELECT COUNT(*) FROM runs WHERE state = ?", [state.rawValue]) ?? 0
            }
            let jobs = try database.rows(
                """
                SELECT queue, state, COUNT(*) AS count, MIN(createdAt) AS oldest FROM jobs
                WHERE state IN ('waiting', 'held', 'queued', 'leased') GROUP BY queue, state
                """)
            for row in jobs {
                let key = OpenWork.Jobs(queue: try row["queue"], state: try row["state"])
                work.jobs[key] = try row["count"]
                guard key.state == "queued", let oldest = try row["oldest"] as Timestamp? else { continue }
                work.oldest[key.queue] = max(0, Double(now.milliseconds - oldest.milliseconds) / 1000)
            }
            for worker in try Snapshot(database: database).workers.heard(at: now) {
                var count = work.workers[worker.scope.queue] ?? (0, 0)
                if worker.obstacle == nil { count.ready += 1 } else { count.unready += 1 }
                work.workers[worker.scope.queue] = count
            }
            work.deadLetters = try database.value("SELECT COUNT(*) FROM deadLetters") ?? 0
            return work
        }
    }
}
