import Contracts
import PipelineLanguage
import Text

/// Whether the jobs of a run may be given to workers, and to which: by the environments they roll out to, by what people
/// said of them, and by the pools of workers.
struct JobGate: Sendable {
    /// What deployers have said of the clusters that the run rolls out to, by their places.
    var clusters: [String: Cluster] = [:]
    /// The environments that the run rolls out to, by name.
    var environments: [String: Environment] = [:]
    /// What of it was given to a repository, by the key of what is changed.
    var adoptions: [String: AdoptionView] = [:]
    /// What people have said of its rollouts.
    var verdicts: [JobID: [VerdictView]] = [:]
    /// The time zones of their freezes, by name.
    var zones: [String: Result<TimeZoneRules, Freeze.Malformed>] = [:]
    /// Whose jobs workers do.
    var pools = Pools()

    /// What becomes of a rollout.
    /// - Parameter own: What the pipeline itself asks of rollouts to the environment.
    func decide(
        _ job: Job, _ deploy: Deploy, of trigger: Trigger, own: EnvironmentRule?, at now: Timestamp
    ) -> Environment.Decision {
        let cluster = job.scope.cluster ?? Environment.defaultCluster
        let rollout = Environment.Rollout(
            repository: job.repository, ref: trigger.ref, branch: trigger.branch, event: trigger.event, deploy: deploy,
            cluster: cluster, pool: job.scope.pool, namespace: job.scope.place.flatMap { clusters[$0] }?.namespace,
            own: own, isBegun: job.lease.attempt > 1,
            verdicts: verdicts[job.id] ?? [], adoption: job.workload.flatMap { adoptions[$0] })
        guard let environment = environments[deploy.environment] else {
            return .refused(Environment.missing(rollout))
        }
        let decision = environment.decide(rollout, at: now) { name throws(Freeze.Malformed) in
            try (zones[name] ?? .failure(.unknown(zone: name))).get()
        }
        let origin = RunOrigin(repository: job.repository, ref: trigger.ref, event: trigger.event)
        if let reason = pools.refusal(of: origin, by: job.scope.pool) { return .refused(reason) }
        return decision
    }

    /// Whether what a job changes was given to the run's repository.
    func isAdopted(_ job: Job) -> Bool {
        job.workload.flatMap { adoptions[$0] }?.repository == job.repository
    }

    /// The deployers that a `deploy` block means.
    func deployers(of deploy: Deploy) -> WorkerScope {
        Environment.deployers(of: deploy, environments[deploy.environment])
    }

    /// The key of what a job changes, and the step that does.
    func workload(
        of planned: PlannedJob, in stage: Stage, repository: RepositoryPath
    ) -> (step: String, name: String)? {
        JobRouting.workload(of: planned, in: stage, repository: repository) { deploy in
            let name = deployers(of: deploy).place ?? Environment.defaultCluster
            return (name, clusters[name] ?? Cluster(name: name))
        }
    }
}
