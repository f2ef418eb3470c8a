import Kubernetes
import PipelineLanguage
import Text

/// Addresses of the API server.
struct WorkloadPath: Sendable {
    let namespace: String
    let kind: Workload.Kind
    let name: String

    /// All workloads of the kind.
    var collection: String { "/apis/apps/v1/namespaces/\(PercentCoding.encode(namespace))/\(plural)" }
    var object: String { "\(collection)/\(PercentCoding.encode(name))" }
    var replicaSets: String { "/apis/apps/v1/namespaces/\(PercentCoding.encode(namespace))/replicasets" }
    var controllerRevisions: String {
        "/apis/apps/v1/namespaces/\(PercentCoding.encode(namespace))/controllerrevisions"
    }
    var pods: String { "/api/v1/namespaces/\(PercentCoding.encode(namespace))/pods" }
    func pod(_ name: String) -> String { "\(pods)/\(PercentCoding.encode(name))" }
    var events: String { "/api/v1/namespaces/\(PercentCoding.encode(namespace))/events" }

    /// Whether a pod is the workload's own. Its labels do not tell: the selectors of two workloads may take the same pods,
    /// and whoever makes a pod gives it any.
    /// - Parameter uid: The workload's.
    func owns(_ pod: PodObject, uid: String?) -> Bool {
        guard let owner = pod.metadata.ownerReferences?.first(where: { $0.controller == true }) else { return false }
        guard kind == .deployment else { return owner.uid == uid }
        // A Deployment's pods are its ReplicaSets', which are called by it and by the hash of their template.
        guard owner.kind == "ReplicaSet", let hash = pod.metadata.labels?["pod-template-hash"] else { return false }
        return owner.name == "\(name)-\(hash)"
    }

    var plural: String {
        switch kind {
        case .deployment: "deployments"
        case .statefulset: "statefulsets"
        case .daemonset: "daemonsets"
        }
    }
}
