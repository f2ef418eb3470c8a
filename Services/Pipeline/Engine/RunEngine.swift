import Contracts
import GRDB
import Logging
import PipelineLanguage
import Storage

/// Runs, from their source to their end: what a message, a person or a deadline changes, each in one transaction with
/// the messages that follow from it.
struct RunEngine: Sendable {
    let store: PipelineStore
    let configuration: EngineConfiguration
    let plans = PlanCache()
    /// Told when a deadline may have come nearer.
    let deadlines = Signal()
    let logger: Logger

    var events: RunEvents { RunEvents(configuration: configuration) }

    /// Tells a planned run something, does all that follows from it, and writes it.
    /// - Returns: `false` where the run is unknown, not planned yet, or over.
    @discardableResult
    func update(
        _ run: RunID, in transaction: Transaction, _ body: (RunInProgress) throws -> Void
    ) throws -> Bool {
        guard let current = try load(run, in: transaction) else { return false }
        try body(current)
        try current.save()
        try dispatchNext(of: current.released, in: transaction)
        return true
    }

    /// The rollouts that waited for those that ended.
    func dispatchNext(of workloads: [String], in transaction: Transaction) throws {
        var workloads = workloads
        while let workload = workloads.popLast() {
            let store = JobStore(database: transaction.database)
            guard let next = try store.rollouts(of: workload).next(), let job = try store.find(next) else { continue }
            guard let current = try load(job.run, in: transaction), let index = current.index(of: job.id) else {
                continue
            }
            try current.follow(current.dispatch(index))
            try current.save()
            workloads += current.released
        }
    }

    /// A queued rollout gives way to a newer one: its run ends.
    func supersede(_ job: JobID, by winner: RunInProgress, workload: String, in transaction: Transaction) throws {
        guard let loser = try JobStore(database: transaction.database).find(job),
            let current = try load(loser.run, in: transaction), let index = current.index(of: job)
        else { return }
        try current.follow(current.giveWay(index, to: winner.run, workload: workload))
        try current.save()
        winner.released += current.released
    }

    /// The run with all its rows, or `nil` where it is unknown, not planned yet, or over.
    private func load(_ run: RunID, in transaction: Transaction) throws -> RunInProgress? {
        let runs = RunStore(database: transaction.database)
        guard let summary = try runs.summary(run), !summary.state.isFinal, let details = try runs.details(run),
            let choice = details.choice, let progress = details.progress, let serial = try runs.serial(run)
        else { return nil }
        let plan = try plans.plan(of: run) {
            guard let document = try ComponentStore(database: transaction.database).process(choice.digest) else {
                throw StoreError(.corrupt, "the process \(choice.digest) of the run \(run) is missing")
            }
            return try Self.plan(document, summary: summary, details: details, configuration)
        }
        guard let planner = Planner(plan: plan, progress: progress) else {
            throw StoreError(.corrupt, "the progress of the run \(run) does not fit its process")
        }
        return RunInProgress(
            engine: self, transaction: transaction, serial: serial, summary: summary, details: details,
            planner: planner, stages: try runs.stages(of: run), steps: try runs.steps(of: run),
            jobs: try JobStore(database: transaction.database).all(of: run))
    }
}

extension Transaction {
    /// Has the lease timer look again once this is committed.
    func deadlinesChanged(_ engine: RunEngine) {
        database.afterNextTransaction { [deadlines = engine.deadlines] _ in deadlines.wake() }
    }
}
