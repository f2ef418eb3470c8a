import Kubernetes
import PipelineLanguage

/// Addresses of the API server.
struct WorkloadPath: Sendable {
    let namespace: String
    let kind: Workload.Kind
    let name: String

    /// All workloads of the kind.
    var collection: String { "/apis/apps/v1/namespaces/\(PercentEncoding.segment(namespace))/\(plural)" }
    var object: String { "\(collection)/\(PercentEncoding.segment(name))" }
    var replicaSets: String { "/apis/apps/v1/namespaces/\(PercentEncoding.segment(namespace))/replicasets" }
    var controllerRevisions: String {
        "/apis/apps/v1/namespaces/\(PercentEncoding.segment(namespace))/controllerrevisions"
    }
    var pods: String { "/api/v1/namespaces/\(PercentEncoding.segment(namespace))/pods" }
    func pod(_ name: String) -> String { "\(pods)/\(PercentEncoding.segment(name))" }
    var events: String { "/api/v1/namespaces/\(PercentEncoding.segment(namespace))/events" }

    var plural: String {
        switch kind {
        case .deployment: "deployments"
        case .statefulset: "statefulsets"
        case .daemonset: "daemonsets"
        }
    }
}
