import Kubernetes
import PipelineLanguage

/// The rights a rollout needs of its cluster: the whole of them is the role of `Compose/kubernetes/deployer.yaml`.
struct RolloutRights: Sendable, Equatable {
    /// Without one of these nothing is begun.
    var needed: [AccessRight]
    /// Without one of these less is told, or a StatefulSet's broken pod stays where it is.
    var useful: [AccessRight]

    init(_ path: WorkloadPath, undoes: Bool) {
        func workload(_ verb: String) -> AccessRight {
            AccessRight(verb: verb, group: "apps", resource: path.plural, name: path.name)
        }
        needed = [workload("get"), workload("patch"), workload("list"), workload("watch")]
        needed += ["list", "watch"].map { AccessRight(verb: $0, group: "", resource: "pods") }
        if undoes {
            let revisions = path.kind == .deployment ? "replicasets" : "controllerrevisions"
            needed.append(AccessRight(verb: "list", group: "apps", resource: revisions))
        }
        useful = [
            AccessRight(verb: "list", group: "", resource: "events"),
            AccessRight(verb: "get", group: "", resource: "pods/log"),
        ]
        if path.kind == .statefulset { useful.append(AccessRight(verb: "delete", group: "", resource: "pods")) }
    }
}
