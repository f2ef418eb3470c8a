import Contracts
import Kubernetes

/// A pod, as far as its health tells about a rollout.
struct PodObject: KubernetesObject, Hashable {
    var metadata: ObjectMetadata
    var spec: WorkloadObject.PodSpec?
    var status: Status?

    struct Status: Codable, Sendable, Hashable {
        var phase: String?
        var reason: String?
        var message: String?
        var conditions: [WorkloadObject.Condition]?
        var containerStatuses: [ContainerStatus]?
        var initContainerStatuses: [ContainerStatus]?
    }

    struct ContainerStatus: Codable, Sendable, Hashable {
        var name: String
        var ready: Bool?
        /// Whether its startup probe passed, or it has none and runs.
        var started: Bool?
        var restartCount: Int?
        /// What the runtime runs: `docker-pullable://registry/web@sha256:…`, or without a digest of a registry.
        var imageID: String?
        var state: ContainerState?
        var lastState: ContainerState?
    }

    struct ContainerState: Codable, Sendable, Hashable {
        var waiting: Waiting?
        var running: Running?
        var terminated: Terminated?

        struct Waiting: Codable, Sendable, Hashable {
            var reason: String?
            var message: String?
        }

        struct Running: Codable, Sendable, Hashable {
            var startedAt: String?
        }

        struct Terminated: Codable, Sendable, Hashable {
            var exitCode: Int
            var signal: Int?
            var reason: String?
            var message: String?
        }
    }
}

extension PodObject {
    var isReady: Bool {
        status?.conditions?.contains { $0.type == "Ready" && $0.status == "True" } == true
    }

    var isBeingDeleted: Bool { metadata.deletionTimestamp != nil }

    /// Ended for good: evicted, or its work is done. It stays as a record and serves nobody.
    var hasEnded: Bool { status?.phase == "Failed" || status?.phase == "Succeeded" }

    /// The revision of a StatefulSet or DaemonSet it was made from.
    var revision: String? { metadata.labels?["controller-revision-hash"] }

    /// What tells the pods of a Deployment's revisions apart.
    var templateHash: String? { metadata.labels?["pod-template-hash"] }

    func container(_ name: String) -> ContainerStatus? {
        let all = (status?.containerStatuses ?? []) + (status?.initContainerStatuses ?? [])
        return all.first { $0.name == name }
    }

    /// How often its containers were started again.
    var restarts: Int { (status?.containerStatuses ?? []).reduce(0) { $0 + ($1.restartCount ?? 0) } }
}

/// What happened to an object, told by the cluster.
struct EventObject: KubernetesObject {
    var metadata: ObjectMetadata
    var type: String?
    var reason: String?
    var message: String?
    var count: Int?
    var lastTimestamp: String?
    var eventTime: String?

    /// When it happened last.
    var time: Timestamp? { (lastTimestamp ?? eventTime).flatMap { Timestamp(rfc3339: $0) } }

    var line: String {
        let times = (count ?? 1) > 1 ? " (\(count ?? 1) times)" : ""
        return "\(reason ?? ""): \(message ?? "")\(times)"
    }
}
