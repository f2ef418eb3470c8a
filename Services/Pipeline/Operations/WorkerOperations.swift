import Contracts

/// The builders and deployers there are.
struct WorkerOperations: Sendable {
    let engine: RunEngine

    /// One is there, or leaves. Said again it says the same, so it is not noted in the inbox.
    /// - Parameter login: the broker's login that says so, where each service has its own.
    /// - Throws: `Problem` where the login is not that of such a worker.
    func announce(_ worker: WorkerAnnounced, by login: String, as principal: Principal) async throws {
        try principal.require(.serveStages)
        try await engine.store.write { try engine.announced(worker, by: login, in: $0) }
    }

    /// Those that are there, and those that were of late.
    func list(as principal: Principal) async throws -> [WorkerView] {
        try principal.require(.seeWorkers)
        return try await engine.store.read { tables in
            let jobs = try tables.jobs.underWay()
            return try tables.workers.all().map { $0.view(jobs: jobs[$0.key] ?? 0, now: .now) }
        }
    }
}
