import Contracts
import Kubernetes
import PipelineLanguage

/// An earlier revision of a workload that can be put back.
struct RolloutRevision: Sendable {
    /// As the cluster counts it.
    var name: String
    /// Grows with each of a workload's.
    var number: Int64
    /// A strategic merge patch, as a ControllerRevision is one by itself.
    var patch: [String: JSONValue]
    /// Slipway's rollout that made it.
    var rollout: String?
    /// Whether pods of it serve now.
    var serves: Bool

    /// The one to go back to: the newest that still serves, since what came after it may have been broken as well; where
    /// none does, what the workload remembers of its being well, and without that the newest.
    static func best(
        of revisions: [RolloutRevision], for workload: WorkloadObject, container: String
    ) -> RolloutRevision? {
        func newest(_ revisions: [RolloutRevision]) -> RolloutRevision? { revisions.max { $0.number < $1.number } }
        if let serving = newest(revisions.filter(\.serves)) { return serving }
        guard let origin = RolloutOrigin(rememberedBy: workload) else { return newest(revisions) }
        let same = revisions.filter { $0.rollout == origin.rollout && $0.image(of: container) == origin.image }
        return newest(same) ?? origin.revision(of: workload, container: container)
    }

    private func image(of name: String) -> String? {
        let spec = patch["spec"]?["template"]?["spec"]
        for list in ["containers", "initContainers"] {
            guard case .array(let containers)? = spec?[list] else { continue }
            if let found = containers.first(where: { $0["name"]?.string == name }) { return found["image"]?.string }
        }
        return nil
    }

    /// Those the cluster keeps, the one of now among them.
    static func kept(
        of workload: WorkloadObject, _ path: WorkloadPath, _ client: KubernetesClient
    ) async throws(KubernetesError) -> [RolloutRevision] {
        switch path.kind {
        case .deployment: try await ofDeployment(workload, path, client)
        case .statefulset, .daemonset: try await ofController(workload, path, client)
        }
    }

    private static func ofDeployment(
        _ workload: WorkloadObject, _ path: WorkloadPath, _ client: KubernetesClient
    ) async throws(KubernetesError) -> [RolloutRevision] {
        try await sets(of: workload, path, client).compactMap { set -> RolloutRevision? in
            guard let text = set["metadata"]?["annotations"]?["deployment.kubernetes.io/revision"]?.string,
                let number = Int64(text), let template = set["spec"]?["template"]
            else { return nil }
            var serves = false
            if case .integer(let available)? = set["status"]?["availableReplicas"] { serves = available > 0 }
            return RolloutRevision(
                name: text, number: number, patch: ["spec": ["template": whole(template)]],
                rollout: rollout(template), serves: serves)
        }
    }

    /// What the pods of a Deployment's revision bear as `pod-template-hash`; `nil` where the cluster does not tell.
    static func hash(
        of revision: String, _ workload: WorkloadObject, _ path: WorkloadPath, _ client: KubernetesClient
    ) async throws(KubernetesError) -> String? {
        try await sets(of: workload, path, client).first {
            $0["metadata"]?["annotations"]?["deployment.kubernetes.io/revision"]?.string == revision
        }?["metadata"]?["labels"]?["pod-template-hash"]?.string
    }

    /// The ReplicaSets of a Deployment.
    private static func sets(
        of workload: WorkloadObject, _ path: WorkloadPath, _ client: KubernetesClient
    ) async throws(KubernetesError) -> [JSONValue] {
        let query = workload.spec.selector?.query.map { [("labelSelector", $0)] } ?? []
        return try await client.get(path.replicaSets, query: query, as: ObjectList<JSONValue>.self).items
            .filter { isOwned($0, by: workload) }
    }

    private static func ofController(
        _ workload: WorkloadObject, _ path: WorkloadPath, _ client: KubernetesClient
    ) async throws(KubernetesError) -> [RolloutRevision] {
        let query = workload.spec.selector?.query.map { [("labelSelector", $0)] } ?? []
        let list = try await client.get(path.controllerRevisions, query: query, as: ObjectList<JSONValue>.self)
        let pods = try await client.get(path.pods, query: query, as: ObjectList<PodObject>.self)
        let serving = Set(pods.items.filter { $0.isReady && !$0.isBeingDeleted }.compactMap(\.revision))
        return list.items.compactMap { item -> RolloutRevision? in
            guard isOwned(item, by: workload), case .integer(let number)? = item["revision"],
                case .object(let patch)? = item["data"]
            else { return nil }
            // A StatefulSet's pods bear the revision's name, a DaemonSet's its hash.
            let names = [
                item["metadata"]?["name"]?.string, item["metadata"]?["labels"]?["controller-revision-hash"]?.string,
            ]
            return RolloutRevision(
                name: "\(number)", number: number, patch: patch,
                rollout: item["data"]?["spec"]?["template"].flatMap(rollout),
                serves: names.contains { $0.map(serving.contains) == true })
        }
    }

    private static func isOwned(_ object: JSONValue, by workload: WorkloadObject) -> Bool {
        guard case .array(let owners)? = object["metadata"]?["ownerReferences"] else { return false }
        return owners.contains { $0["uid"]?.string == workload.metadata.uid }
    }

    private static func rollout(_ template: JSONValue) -> String? {
        template["metadata"]?["annotations"]?[RolloutAnnotation.rollout]?.string
    }

    /// A ReplicaSet's template, to be put in the place of another. The label that tells ReplicaSets apart is made by the
    /// Deployment and must not be given to it.
    static func whole(_ template: JSONValue) -> JSONValue {
        guard case .object(var template) = template else { return template }
        template["$patch"] = "replace"
        if case .object(var metadata)? = template["metadata"], case .object(var labels)? = metadata["labels"] {
            labels["pod-template-hash"] = nil
            metadata["labels"] = .object(labels)
            template["metadata"] = .object(metadata)
        }
        return .object(template)
    }
}
