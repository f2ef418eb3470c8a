import PipelineLanguage
import Testing

@testable import Deployer
@testable import Kubernetes

@Suite struct RolloutStatusTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var kind: Workload.Kind = .deployment
        var workload: WorkloadObject
        var status: RolloutStatus
        var testDescription: String { name }
    }

    static func workload(
        replicas: Int? = 2, generation: Int64 = 3, observed: Int64 = 3, paused: Bool? = nil,
        strategy: WorkloadObject.UpdateStrategy? = nil, _ change: (inout WorkloadObject.Status) -> Void = { _ in }
    ) -> WorkloadObject {
        var status = WorkloadObject.Status()
        status.observedGeneration = observed
        change(&status)
        var metadata = ObjectMetadata()
        metadata.name = "web"
        metadata.generation = generation
        return WorkloadObject(
            metadata: metadata,
            spec: .init(
                replicas: replicas, paused: paused, selector: nil,
                template: .init(spec: .init(containers: [.init(name: "web", image: "web:1")])), updateStrategy: strategy
            ),
            status: status)
    }

    static let deployments = [
        Row(
            name: "the controller has not seen the change, whatever else the status says",
            workload: workload(observed: 2) {
                $0.updatedReplicas = 2
                $0.replicas = 2
                $0.availableReplicas = 2
            }, status: .waiting("Waiting for deployment spec update to be observed...")),
        Row(
            name: "progress deadline",
            workload: workload {
                $0.conditions = [.init(type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded")]
            }, status: .failed("deployment \"web\" exceeded its progress deadline")),
        Row(
            name: "not all updated",
            workload: workload {
                $0.updatedReplicas = 1
                $0.replicas = 3
                $0.availableReplicas = 2
            },
            status: .waiting(
                "Waiting for deployment \"web\" rollout to finish: 1 out of 2 new replicas have been updated...")),
        Row(
            name: "old ones still there",
            workload: workload {
                $0.updatedReplicas = 2
                $0.replicas = 3
                $0.availableReplicas = 3
            },
            status: .waiting(
                "Waiting for deployment \"web\" rollout to finish: 1 old replicas are pending termination...")),
        Row(
            name: "not all available",
            workload: workload {
                $0.updatedReplicas = 2
                $0.replicas = 2
                $0.availableReplicas = 1
            },
            status: .waiting(
                "Waiting for deployment \"web\" rollout to finish: 1 of 2 updated replicas are available...")),
        Row(
            name: "done",
            workload: workload {
                $0.updatedReplicas = 2
                $0.replicas = 2
                $0.availableReplicas = 2
            }, status: .done("deployment \"web\" successfully rolled out")),
        Row(
            name: "an autoscaler went up meanwhile",
            workload: workload(replicas: 5) {
                $0.updatedReplicas = 2
                $0.replicas = 2
                $0.availableReplicas = 2
            },
            status: .waiting(
                "Waiting for deployment \"web\" rollout to finish: 2 out of 5 new replicas have been updated...")),
        Row(
            name: "scaled to nothing", workload: workload(replicas: 0),
            status: .done("deployment \"web\" successfully rolled out")),
        Row(
            name: "paused", workload: workload(paused: true),
            status: .failed(
                "deployment \"web\" is paused: nothing is rolled out until `kubectl rollout resume` is called")),
    ]

    static let others = [
        Row(
            name: "stateful set: pods not ready", kind: .statefulset, workload: workload { $0.readyReplicas = 1 },
            status: .waiting("Waiting for 1 pods to be ready...")),
        Row(
            name: "stateful set: revision not there yet", kind: .statefulset,
            workload: workload {
                $0.readyReplicas = 2
                $0.updatedReplicas = 1
                $0.currentRevision = "web-a"
                $0.updateRevision = "web-b"
            },
            status: .waiting("waiting for statefulset rolling update to complete 1 pods at revision web-b...")),
        Row(
            name: "stateful set: done", kind: .statefulset,
            workload: workload {
                $0.readyReplicas = 2
                $0.updatedReplicas = 2
                $0.currentRevision = "web-b"
                $0.updateRevision = "web-b"
            }, status: .done("statefulset rolling update complete 2 pods at revision web-b...")),
        Row(
            name: "stateful set: partition", kind: .statefulset,
            workload: workload(strategy: .init(type: "RollingUpdate", rollingUpdate: .init(partition: 1))) {
                $0.readyReplicas = 2
                $0.updatedReplicas = 1
                $0.currentRevision = "web-a"
                $0.updateRevision = "web-b"
            }, status: .done("partitioned roll out complete: 1 new pods have been updated...")),
        Row(
            name: "daemon set: waits", kind: .daemonset,
            workload: workload {
                $0.desiredNumberScheduled = 3
                $0.updatedNumberScheduled = 3
                $0.numberAvailable = 2
            },
            status: .waiting(
                "Waiting for daemon set \"web\" rollout to finish: 2 of 3 updated pods are available...")),
        Row(
            name: "daemon set: done", kind: .daemonset,
            workload: workload {
                $0.desiredNumberScheduled = 3
                $0.updatedNumberScheduled = 3
                $0.numberAvailable = 3
            }, status: .done("daemon set \"web\" successfully rolled out")),
        Row(
            name: "daemon set: OnDelete", kind: .daemonset, workload: workload(strategy: .init(type: "OnDelete")),
            status: .failed(
                "daemon set \"web\" has the update strategy OnDelete: its pods are not replaced by a rollout")),
    ]

    @Test(arguments: deployments + others) func judges(_ row: Row) {
        #expect(RolloutStatus(row.workload, kind: row.kind) == row.status)
    }
}
