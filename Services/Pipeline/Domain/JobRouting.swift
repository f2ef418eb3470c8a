import Contracts
import Messaging
import PipelineLanguage

/// Which queue a job waits in, and which workload a rollout changes.
enum JobRouting {
    /// - Parameter cluster: The cluster that a `deploy` block means.
    static func queue(of job: PlannedJob, in stage: Stage, cluster: (Deploy) -> String) -> Queue {
        if job.isRollout {
            let deploy = job.steps.first.flatMap(stage.step)?.deploy
            return MessageMap.deploy(cluster: deploy.map(cluster) ?? Environment.defaultCluster)
        }
        return MessageMap.build(labels: labels(of: stage))
    }

    /// The cluster whose deployers take from a queue; `nil` for those of builders.
    static func cluster(ofQueue name: String) -> String? {
        let prefix = MessageMap.deploy(cluster: "").name
        return name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : nil
    }

    /// A queue by its name, as a job's row has it.
    static func queue(named name: String) -> Queue { Queue(name) }

    /// What a builder has to have: the values of `node`, and a system or architecture other than the usual one.
    static func labels(of stage: Stage) -> [String] {
        var labels = Set(stage.node.values.filter { !$0.isEmpty })
        if let os = stage.platform.os, os != PipelineLanguage.Platform.usualOS { labels.insert(os) }
        if let arch = stage.platform.arch, arch != PipelineLanguage.Platform.usualArch { labels.insert(arch) }
        return labels.sorted()
    }

    /// What no two jobs may change at a time: a workload of a cluster, a container of a host; for commands nobody can
    /// see into, the step itself.
    /// - Parameter cluster: The name of the cluster that a `deploy` block means, and what its deployers have said of it.
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
