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
        var restartCount: Int?
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
}

/// A revision of a Deployment.
struct ReplicaSetObject: KubernetesObject {
    var metadata: ObjectMetadata
}

/// What happened to an object, told by the cluster.
struct EventObject: KubernetesObject {
    var metadata: ObjectMetadata
    var type: String?
    var reason: String?
    var message: String?
    var count: Int?
    var lastTimestamp: String?
    var involvedObject: Reference?

    struct Reference: Codable, Sendable {
        var kind: String?
        var name: String?
        var uid: String?
    }
}
