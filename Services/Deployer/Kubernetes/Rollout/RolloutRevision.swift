import Contracts
import PipelineLanguage

/// An earlier revision of a workload that can be put back.
struct RolloutRevision: Sendable {
    enum Content: Sendable {
        /// A whole template, as a ReplicaSet keeps it.
        case template(JSONValue)
        /// A strategic merge patch, as a ControllerRevision is one by itself.
        case patch([String: JSONValue])
    }

    var number: Int64
    var content: Content
    /// Whether pods of it serve now.
    var serves: Bool

    init(number: Int64, content: Content, serves: Bool) {
        (self.number, self.content, self.serves) = (number, content, serves)
    }

    /// What a rollout changed, as it was before, for a Deployment that keeps no revisions.
    init?(of workload: WorkloadObject, container name: String) {
        guard let number = workload.annotation("deployment.kubernetes.io/revision").flatMap({ Int64($0) }),
            let image = workload.container(name)?.image
        else { return nil }
        let template = workload.spec.template
        func annotation(_ key: String) -> JSONValue {
            template.metadata?.annotations?[key].map { .string($0) } ?? .null
        }
        let isInit = template.spec.initContainers?.contains { $0.name == name } == true
        let container: JSONValue = ["name": .string(name), "image": .string(image)]
        let pod: JSONValue = [
            "metadata": .object([
                "annotations": .object([
                    RolloutAnnotation.rollout: annotation(RolloutAnnotation.rollout),
                    RolloutAnnotation.commit: annotation(RolloutAnnotation.commit),
                ])
            ]), "spec": .object([isInit ? "initContainers" : "containers": .array([container])]),
        ]
        self.init(number: number, content: .patch(["spec": ["template": pod]]), serves: false)
    }

    /// The one to go back to: the newest that still serves, since what came after it may have been broken as well; where
    /// none does, the newest.
    static func best(of revisions: [RolloutRevision]) -> RolloutRevision? {
        let serving = revisions.filter(\.serves)
        return (serving.isEmpty ? revisions : serving).max { $0.number < $1.number }
    }

    static func ofDeployment(
        _ workload: WorkloadObject, _ path: WorkloadPath, _ client: KubernetesClient, besides job: JobID
    ) async throws(KubernetesError) -> RolloutRevision? {
        let query = workload.spec.selector?.query.map { [("labelSelector", $0)] } ?? []
        let sets = try await client.get(path.replicaSets, query: query, as: ObjectList<JSONValue>.self)
        let revisions = sets.items.compactMap { set -> RolloutRevision? in
            guard isOwned(set, by: workload),
                let text = set["metadata"]?["annotations"]?["deployment.kubernetes.io/revision"]?.string,
                let number = Int64(text), let template = set["spec"]?["template"], !isMade(template, by: job)
            else { return nil }
            var serves = false
            if case .integer(let available)? = set["status"]?["availableReplicas"] { serves = available > 0 }
            return RolloutRevision(number: number, content: .template(withoutHash(template)), serves: serves)
        }
        return best(of: revisions)
    }

    static func ofController(
        _ workload: WorkloadObject, _ path: WorkloadPath, _ client: KubernetesClient, besides job: JobID
    ) async throws(KubernetesError) -> RolloutRevision? {
        let query = workload.spec.selector?.query.map { [("labelSelector", $0)] } ?? []
        let list = try await client.get(path.controllerRevisions, query: query, as: ObjectList<JSONValue>.self)
        let pods = try await client.get(path.pods, query: query, as: ObjectList<PodObject>.self)
        let serving = Set(pods.items.filter { $0.isReady && !$0.isBeingDeleted }.compactMap(\.revision))
        let revisions = list.items.compactMap { item -> RolloutRevision? in
            guard isOwned(item, by: workload), case .integer(let number)? = item["revision"],
                case .object(let patch)? = item["data"],
                item["data"]?["spec"]?["template"].map({ isMade($0, by: job) }) != true
            else { return nil }
            // A StatefulSet's pods bear the revision's name, a DaemonSet's its hash.
            let names = [
                item["metadata"]?["name"]?.string, item["metadata"]?["labels"]?["controller-revision-hash"]?.string,
            ]
            return RolloutRevision(
                number: number, content: .patch(patch), serves: names.contains { $0.map(serving.contains) == true })
        }
        return best(of: revisions)
    }

    private static func isOwned(_ object: JSONValue, by workload: WorkloadObject) -> Bool {
        guard case .array(let owners)? = object["metadata"]?["ownerReferences"] else { return false }
        return owners.contains { $0["uid"]?.string == workload.metadata.uid }
    }

    private static func isMade(_ template: JSONValue, by job: JobID) -> Bool {
        template["metadata"]?["annotations"]?[RolloutAnnotation.rollout]?.string == job.rawValue
    }

    /// The label that tells ReplicaSets apart is made by the Deployment and must not be given to it.
    static func withoutHash(_ template: JSONValue) -> JSONValue {
        guard case .object(var template) = template, case .object(var metadata)? = template["metadata"],
            case .object(var labels)? = metadata["labels"]
        else { return template }
        labels["pod-template-hash"] = nil
        metadata["labels"] = .object(labels)
        template["metadata"] = .object(metadata)
        return .object(template)
    }
}
