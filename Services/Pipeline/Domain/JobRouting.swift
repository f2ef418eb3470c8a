import Contracts
import Messaging
import PipelineLanguage

/// Which queue a job waits in, and which workload a rollout changes.
enum JobRouting {
    static func queue(of job: PlannedJob, in stage: Stage) -> Queue {
        if job.isRollout {
            let cluster = job.steps.first.flatMap(stage.step)?.deploy?.cluster
            return MessageMap.deploy(cluster: cluster ?? "default")
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
    /// - Parameter cluster: What its deployers have said of a cluster.
    /// - Returns: The step that changes it and its name; `nil` for a job that may run beside any other.
    static func workload(
        of job: PlannedJob, in stage: Stage, repository: RepositoryPath,
        cluster: (_ name: String) throws -> Cluster
    ) rethrows -> (step: String, name: String)? {
        if let step = job.deploying { return (step, "\(repository)/\(stage.name)/\(step)") }
        guard job.isRollout, let name = job.steps.first, let deploy = stage.step(name)?.deploy else { return nil }
        return (name, try workload(of: deploy, cluster))
    }

    /// The clusters a run rolls out to, by the names it gives them.
    static func clusters(of plan: Plan) -> Set<String> {
        Set(plan.process.stages.flatMap(\.steps).compactMap { $0.deploy.map { $0.cluster ?? "default" } })
    }

    private static func workload(
        of deploy: Deploy, _ cluster: (_ name: String) throws -> Cluster
    ) rethrows -> String {
        let name = deploy.cluster ?? "default"
        guard let workload = deploy.workload else { return "\(name)/container/\(deploy.container)" }
        let known = try cluster(name)
        return "\(known.name)/\(deploy.namespace ?? known.namespace ?? "default")/\(workload)"
    }
}
