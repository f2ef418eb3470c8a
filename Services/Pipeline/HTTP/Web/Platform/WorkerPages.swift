import Contracts
import Hummingbird

/// The builders and deployers there are.
struct WorkerPages {
    let responder: PageResponder
    let workers: WorkerOperations
    let pools: PoolOperations

    func register(on router: some RouterMethods<APIContext>) {
        router.page(.get, .workers) { request, context in
            await responder.show(request, context) { principal in
                let now = Timestamp.now
                let rows = try await workers.list(as: principal).map { WorkerRow($0, now: now) }
                let pools = try await pools.all(as: principal).map { PoolRow($0, now: now) }
                return responder.page(
                    "workers", "Workers",
                    ["workers": rows, "hasWorkers": !rows.isEmpty, "pools": pools, "hasPools": !pools.isEmpty],
                    section: .workers, for: principal)
            }
        }
    }
}

/// A pool as the page of workers shows it.
struct PoolRow: Sendable {
    let name: String
    let facts: [EnvironmentRow.Fact]
    let updated: String
    let ago: String
    let by: String

    init(_ view: PoolView, now: Timestamp) {
        name = view.name
        facts = view.rules.facts.map {
            EnvironmentRow.Fact(what: $0.name.prefix(1).uppercased() + $0.name.dropFirst(), value: $0.value)
        }
        updated = view.updatedAt.description
        ago = TimeText.ago(view.updatedAt, now: now)
        by = view.updatedBy
    }
}

/// A worker as its page shows it.
struct WorkerRow: Sendable {
    let name: String
    let kind: String
    let takes: String
    let pool: String?
    let jobs: Int
    let slots: Int
    let version: String
    let problem: String?
    let heard: String
    let ago: String

    init(_ worker: WorkerView, now: Timestamp) {
        name = worker.name
        kind = worker.kind.rawValue
        takes = worker.takes
        pool = worker.pool == WorkerScope.usualPool ? nil : worker.pool
        jobs = worker.jobs
        slots = worker.slots
        version = worker.version
        problem = worker.problem
        heard = worker.heardAt.description
        ago = TimeText.ago(worker.heardAt, now: now)
    }
}
