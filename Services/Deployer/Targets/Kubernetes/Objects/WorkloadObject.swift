import Contracts
import Kubernetes

/// A Deployment, StatefulSet or DaemonSet, as far as a rollout looks at it: what one kind does not have is `nil`.
struct WorkloadObject: KubernetesObject, Hashable {
    var metadata: ObjectMetadata
    var spec: Spec
    var status: Status?

    struct Spec: Codable, Sendable, Hashable {
        var replicas: Int?
        var paused: Bool?
        var selector: Selector?
        var template: Template
        /// StatefulSet and DaemonSet.
        var updateStrategy: UpdateStrategy?
    }

    struct Selector: Codable, Sendable, Hashable {
        var matchLabels: [String: String]?
        var matchExpressions: [Expression]?

        struct Expression: Codable, Sendable, Hashable {
            var key: String
            var `operator`: String
            var values: [String]?
        }
    }

    struct Template: Codable, Sendable, Hashable {
        var metadata: Metadata?
        var spec: PodSpec
        /// All of it, as the cluster has it; `nil` in one that is no cluster's.
        var whole: JSONValue?

        private enum CodingKeys: String, CodingKey { case metadata, spec }

        /// That of a template has no name: the pods get theirs when they are made.
        struct Metadata: Codable, Sendable, Hashable {
            var labels: [String: String]?
            var annotations: [String: String]?
        }
    }

    struct PodSpec: Codable, Sendable, Hashable {
        var containers: [Container]
        var initContainers: [Container]?
        var nodeName: String?
    }

    struct Container: Codable, Sendable, Hashable {
        var name: String
        var image: String?
        var readinessProbe: Probe?
        var startupProbe: Probe?

        /// That there is one is all that matters here.
        struct Probe: Codable, Sendable, Hashable {}
    }

    struct UpdateStrategy: Codable, Sendable, Hashable {
        var type: String?
        var rollingUpdate: RollingUpdate?

        struct RollingUpdate: Codable, Sendable, Hashable {
            var partition: Int?
        }
    }

    struct Status: Codable, Sendable, Hashable {
        var observedGeneration: Int64?
        var replicas: Int?
        var updatedReplicas: Int?
        var readyReplicas: Int?
        var availableReplicas: Int?
        var currentRevision: String?
        var updateRevision: String?
        var conditions: [Condition]?
        /// DaemonSet.
        var desiredNumberScheduled: Int?
        var updatedNumberScheduled: Int?
        var numberAvailable: Int?
    }

    struct Condition: Codable, Sendable, Hashable {
        var type: String
        var status: String
        var reason: String?
        var message: String?
    }
}

extension WorkloadObject.Template {
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        metadata = try container.decodeIfPresent(Metadata.self, forKey: .metadata)
        spec = try container.decode(WorkloadObject.PodSpec.self, forKey: .spec)
        whole = try JSONValue(from: decoder)
    }
}

extension WorkloadObject {
    func container(_ name: String) -> Container? {
        let spec = spec.template.spec
        return (spec.containers + (spec.initContainers ?? [])).first { $0.name == name }
    }

    /// Which rollout made the pods' template, or `nil` where none of Slipway's did.
    var mark: String? { spec.template.metadata?.annotations?[RolloutAnnotation.rollout] }

    /// The run of the newest rollout, as people know it where that is written.
    var run: String? { annotation(RolloutAnnotation.runName) ?? annotation(RolloutAnnotation.run) }

    /// The number of the newest rollout.
    var sequence: Int64? { annotation(RolloutAnnotation.sequence).flatMap { Int64($0) } }

    func annotation(_ name: String) -> String? { metadata.annotations?[name] }

    /// When Slipway changed it last, by the cluster's clock; `nil` for a cluster that does not tell.
    var changedAt: Timestamp? {
        (metadata.managedFields ?? []).filter { $0.manager == KubernetesClient.fieldManager }
            .compactMap { $0.time.flatMap { Timestamp(rfc3339: $0) } }.max()
    }

    /// Whether the status is of the specification as it is now.
    var isObserved: Bool { (metadata.generation ?? 0) <= (status?.observedGeneration ?? 0) }

    /// The revision the cluster counts, such as `7` or `web-6d4cf56db6`.
    var revision: String {
        annotation("deployment.kubernetes.io/revision") ?? status?.updateRevision ?? "\(metadata.generation ?? 0)"
    }
}

extension WorkloadObject.Selector {
    /// As the query `labelSelector` wants it, or `nil` for one that selects everything.
    var query: String? {
        var parts = (matchLabels ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        for expression in matchExpressions ?? [] {
            let values = (expression.values ?? []).joined(separator: ",")
            switch expression.operator {
            case "In": parts.append("\(expression.key) in (\(values))")
            case "NotIn": parts.append("\(expression.key) notin (\(values))")
            case "Exists": parts.append(expression.key)
            case "DoesNotExist": parts.append("!\(expression.key)")
            default: continue
            }
        }
        return parts.isEmpty ? nil : parts.joined(separator: ",")
    }
}
