import Contracts
import Logging
import Messaging
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

    var events: RunEvents { RunEvents(publicURL: configuration.publicURL) }

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
            let store = transaction.jobs
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
        guard let loser = try transaction.jobs.find(job),
            let current = try load(loser.run, in: transaction), let index = current.index(of: job)
        else { return }
        try current.follow(current.giveWay(index, to: winner.run, workload: workload))
        try current.save()
        winner.released += current.released
    }

    /// Stops the rollouts of a workload that are stuck while a newer one waits; that one goes when they have stopped.
    func displaceStuck(of workload: String, in transaction: Transaction) throws {
        let store = transaction.jobs
        for (job, winner) in try store.rollouts(of: workload).displaced() {
            guard let found = try store.find(job), found.lease.stopping == nil,
                let current = try load(found.run, in: transaction), let index = current.index(of: job)
            else { continue }
            try current.makeRoom(index, for: winner, workload: workload)
            try current.save()
        }
    }

    /// A deployer said which cluster it has, and where workloads are whose steps name no namespace: the rollouts that have
    /// not ended are known by the key that follows from it, so that two names of one workload are one.
    func learn(
        _ namespace: String, _ identity: String?, of cluster: String, in transaction: Transaction
    ) throws {
        let clusters = transaction.clusters
        let before = try clusters.names(of: cluster)
        guard try clusters.save(namespace, identity, of: cluster) else { return }
        let jobs = transaction.jobs
        let queues = Set(before + (try clusters.names(of: cluster))).map { MessageMap.deploy(cluster: $0).name }
        for var job in try queues.flatMap(jobs.openRollouts) {
            guard let current = try load(job.run, in: transaction) else { continue }
            let plan = current.planner.plan
            let planned = plan.stages[job.stage].jobs[job.place]
            job.workload = try current.workload(of: planned, in: plan.process.stages[job.stage])?.name ?? job.workload
            try jobs.update(job)
        }
    }

    /// The run with all its rows, or `nil` where it is unknown, not planned yet, or over.
    private func load(_ run: RunID, in transaction: Transaction) throws -> RunInProgress? {
        let runs = transaction.runs
        guard let summary = try runs.summary(run), !summary.state.isFinal, let details = try runs.details(run),
            let choice = details.choice, let progress = details.progress, let serial = try runs.serial(run)
        else { return nil }
        let plan = try plans.plan(of: run) {
            guard let document = try transaction.components.process(choice.digest) else {
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
            jobs: try transaction.jobs.all(of: run))
    }
}

extension Transaction {
    /// Has the lease timer look again once this is committed.
    func deadlinesChanged(_ engine: RunEngine) {
        afterCommit { [deadlines = engine.deadlines] in deadlines.wake() }
    }
}
