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

    var plural: String {
        switch kind {
        case .deployment: "deployments"
        case .statefulset: "statefulsets"
        case .daemonset: "daemonsets"
        }
    }
}
