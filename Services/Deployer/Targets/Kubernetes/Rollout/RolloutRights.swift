import Kubernetes
import PipelineLanguage

/// The rights a rollout needs of its cluster, each with what it is for. Of all kinds of workloads they are the role of
/// `Compose/kubernetes/deployer.yaml`.
struct RolloutRights: Sendable {
    struct Entry: Sendable, Equatable {
        var purpose: Purpose
        var right: AccessRight
    }

    enum Purpose: Sendable {
        /// To change the workload and to watch what comes of it.
        case rollout
        /// To put back what ran before.
        case undo
        /// To remove pods that keep a StatefulSet from going on; an undo cannot do without.
        case clearing
        /// To tell why a rollout failed.
        case explanation
    }

    let all: [Entry]
    private let undoes: Bool

    /// - Parameter undoes: Whether a rollout that fails is undone.
    init(_ path: WorkloadPath, undoes: Bool) {
        self.undoes = undoes
        var all = ["get", "patch", "list", "watch"].map {
            Entry(
                purpose: .rollout,
                right: AccessRight(verb: $0, group: "apps", resource: path.plural, name: path.name))
        }
        func add(_ purpose: Purpose, _ verb: String, _ resource: String, group: String = "") {
            all.append(Entry(purpose: purpose, right: AccessRight(verb: verb, group: group, resource: resource)))
        }
        add(.rollout, "list", "pods")
        add(.rollout, "watch", "pods")
        add(.undo, "list", path.kind == .deployment ? "replicasets" : "controllerrevisions", group: "apps")
        if path.kind == .statefulset { add(.clearing, "delete", "pods") }
        add(.explanation, "list", "events")
        add(.explanation, "get", "pods/log")
        self.all = all
    }

    /// Without one of these nothing is begun.
    var needed: [AccessRight] { all.filter { isNeeded($0.purpose) == true }.map(\.right) }

    /// Without one of these less is told, or a StatefulSet's broken pod stays where it is.
    var useful: [AccessRight] { all.filter { isNeeded($0.purpose) == false }.map(\.right) }

    /// - Returns: `nil` for what this rollout never does.
    private func isNeeded(_ purpose: Purpose) -> Bool? {
        switch purpose {
        case .rollout: true
        case .undo: undoes ? true : nil
        case .clearing: undoes
        case .explanation: false
        }
    }
}
