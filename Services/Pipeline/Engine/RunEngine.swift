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
    let zones = TimeZones()
    let pauses = WakePauses()
    let sourcePauses = SourcePauses()
    /// Told when heads may have to be asked for earlier.
    let comparisons = Signal()
    /// Told when a deadline may have come nearer.
    var deadlines: Signal { store.deadlines }
    /// Told when a lease or a time limit begins.
    var beats: Signal { store.beats }
    let logger: Logger

    var events: RunEvents { RunEvents(publicURL: configuration.publicURL) }

    /// A deployer said which cluster it has, and where workloads are whose steps name no namespace: the rollouts that have
    /// not ended are known by the key that follows from it, so that two names of one workload are one.
    func learn(
        _ namespace: String, _ identity: String?, of cluster: String, in transaction: Transaction
    ) throws {
        let clusters = transaction.clusters
        let before = try clusters.names(of: cluster)
        guard try clusters.save(namespace, identity, of: cluster) else { return }
        let names = try clusters.names(of: cluster)
        try transaction.environments.renameAdoptions(of: names, to: names.first ?? cluster)
        let queues = Set(before + names).map { MessageMap.deploy(cluster: $0).name }
        let executor = RunExecutor(self, transaction)
        for job in try queues.flatMap(transaction.jobs.openRollouts) {
            try executor.update(job.run) { $0.relocate(job.id) }
        }
    }

    /// The run with all its rows, or `nil` where it is unknown, not planned yet, or over.
    func load(_ run: RunID, in transaction: Transaction) throws -> ActiveRun? {
        let runs = transaction.runs
        guard let summary = try runs.summary(run), !summary.state.isFinal, let details = try runs.details(run),
            let choice = details.choice, let progress = details.progress, let serial = try runs.serial(run)
        else { return nil }
        let plan = try plans.plan(of: run) {
            let process = try plans.process(choice.digest) {
                guard let document = try transaction.components.process(choice.digest) else {
                    throw StoreError(.corrupt, "the process \(choice.digest) of the run \(run) is missing")
                }
                return try ProcessCompiler.decode(document)
            }
            return try Self.plan(process, summary: summary, details: details, configuration)
        }
        guard let planner = Planner(plan: plan, progress: progress) else {
            throw StoreError(.corrupt, "the progress of the run \(run) does not fit its process")
        }
        var gate = JobGate()
        for deploy in JobRouting.rollouts(of: plan) {
            let environment =
                try gate.environments[deploy.environment]
                ?? transaction.environments.find(deploy.environment)?.narrowed(to: summary.repository)
            gate.environments[deploy.environment] = environment
            for window in environment?.rules.freezes ?? [] where gate.zones[window.zone] == nil {
                gate.zones[window.zone] = zones.read(window.zone)
            }
            let cluster = Environment.deployers(of: deploy, environment).place ?? Environment.defaultCluster
            let known = try gate.clusters[cluster] ?? transaction.clusters.find(cluster)
            gate.clusters[cluster] = known
            let workload = JobRouting.workload(of: deploy) { _ in (cluster, known) }
            gate.adoptions[workload] = try gate.adoptions[workload] ?? transaction.environments.adoption(of: workload)
        }
        for pool in try transaction.pools.all() { gate.pools.known[pool.name] = pool }
        let jobs = try transaction.jobs.all(of: run)
        for job in jobs where job.kind == .rollout && !job.lease.state.isFinal {
            let approvers = job.environment.flatMap { gate.environments[$0] }?.rules.approvers
            gate.verdicts[job.id] = try transaction.environments.standingVerdicts(
                of: job, by: Approvers(approvers ?? []))
        }
        return ActiveRun(
            rows: .init(
                summary: summary, stages: try runs.stages(of: run), steps: try runs.steps(of: run), jobs: jobs),
            details: details, planner: planner, serial: serial,
            rules: .init(
                terms: configuration.terms, timeLimit: configuration.timeLimit, quotas: configuration.quotas, gate: gate
            ),
            now: transaction.now, heard: try transaction.heardTime.now())
    }
}
