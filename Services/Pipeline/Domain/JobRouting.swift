import Contracts
import Messaging
import PipelineLanguage

/// Which workers take a job, and which workload a rollout changes.
enum JobRouting {
    /// - Parameters:
    ///   - usual: The pool that a stage means which names none.
    ///   - deployers: Those that a `deploy` block means.
    static func scope(
        of job: PlannedJob, in stage: Stage, usual: String, deployers: (Deploy) -> WorkerScope
    ) -> WorkerScope {
        if job.isRollout {
            let deploy = job.steps.first.flatMap(stage.step)?.deploy
            return deploy.map(deployers) ?? WorkerScope(cluster: Environment.defaultCluster)
        }
        return builders(of: stage, usual: usual)
    }

    /// As a job's row has it.
    static func scope(queue: String, labels: [String]) -> WorkerScope {
        let deployers = MessageMap.deploy(cluster: "").name
        if queue.hasPrefix(deployers) { return WorkerScope(place: String(queue.dropFirst(deployers.count))) }
        return WorkerScope(pool: String(queue.dropFirst(MessageMap.build(pool: "").name.count)), labels: labels)
    }

    /// The builders that a stage asks for: of the pool that its `node` names, labelled with the other values of `node` and a
    /// system or architecture other than the usual one.
    static func builders(of stage: Stage, usual: String = WorkerScope.usualPool) -> WorkerScope {
        let pool = stage.node["pool"] ?? ""
        var labels = Set(stage.node.filter { $0.key != "pool" }.values.filter { !$0.isEmpty })
        if let os = stage.platform.os, os != PipelineLanguage.Platform.usualOS { labels.insert(os) }
        if let arch = stage.platform.arch, arch != PipelineLanguage.Platform.usualArch { labels.insert(arch) }
        return WorkerScope(pool: pool.isEmpty ? usual : pool, labels: Array(labels))
    }

    /// What no two jobs may change at a time: a workload of a cluster, a container of a host; for commands nobody can
    /// see into, the step itself.
    /// - Parameter cluster: The place that a `deploy` block means, and what its deployers have said of it.
    /// - Returns: The step that changes it and its name; `nil` for a job that may run beside any other.
    static func workload(
        of job: PlannedJob, in stage: Stage, repository: RepositoryPath,
        cluster: (Deploy) throws -> (name: String, known: Cluster)
    ) rethrows -> (step: String, name: String)? {
        if let step = job.deploying { return (step, "\(repository)/\(stage.name)/\(step)") }
        guard job.isRollout, let name = job.steps.first, let deploy = stage.step(name)?.deploy else { return nil }
        return (name, try workload(of: deploy, cluster))
    }

    /// The rollouts of a run.
    static func rollouts(of plan: Plan) -> [Deploy] { plan.process.stages.flatMap(\.steps).compactMap(\.deploy) }

    /// The key of what a `deploy` block changes.
    static func workload(
        of deploy: Deploy, _ cluster: (Deploy) throws -> (name: String, known: Cluster)
    ) rethrows -> String {
        let (name, known) = try cluster(deploy)
        guard let workload = deploy.workload else { return "\(name)/container/\(deploy.container)" }
        return "\(known.name)/\(deploy.namespace ?? known.namespace ?? "default")/\(workload)"
    }
}
