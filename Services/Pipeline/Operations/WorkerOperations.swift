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

    /// Has a worker end what it has and gives it no more jobs, also after it was started anew, until it is resumed. Said again
    /// it says the same.
    func drain(_ name: String, as principal: Principal) async throws {
        try principal.require(.drainWorker)
        try await engine.store.write(as: principal) { transaction in
            guard try transaction.workers.isKnown(name) else { throw OperationError.unknown(worker: name) }
            let before = try transaction.workers.drainer(of: name)
            try transaction.workers.drain(name, by: principal.name, at: transaction.now)
            try transaction.audit(
                .drainWorker, by: principal, of: name, before: before.map { .string($0) }, after: .string("drained"))
            transaction.waitsChanged()
        }
    }

    /// Gives a worker jobs again.
    func resume(_ name: String, as principal: Principal) async throws {
        try principal.require(.resumeWorker)
        try await engine.store.write(as: principal) { transaction in
            guard let before = try transaction.workers.drainer(of: name), try transaction.workers.resume(name) else {
                throw OperationError(
                    .notFound, "not_drained", "no worker “\(name)” is drained",
                    remedy: "slipway worker list shows which are")
            }
            try transaction.audit(.resumeWorker, by: principal, of: name, before: .string(before))
            for worker in try transaction.workers.all()
            where worker.name == name && worker.isHeard(at: transaction.now) {
                try transaction.send(JobsWaiting(scope: worker.scope), run: nil)
            }
            transaction.waitsChanged()
        }
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
