import Kubernetes
import PipelineLanguage

/// Where the rolling update of a workload is, judged as `kubectl rollout status` does, in its order and its words.
enum RolloutStatus: Equatable {
    case waiting(String)
    case done(String)
    case failed(String)

    /// - Parameter heedsDeadline: Whether a progress deadline that passed is a failure. After an undo it is still the one
    ///   of what was undone, until the controller sees progress of the other.
    init(_ workload: WorkloadObject, kind: Workload.Kind, heedsDeadline: Bool = true) {
        switch kind {
        case .deployment: self.init(deployment: workload, heedsDeadline: heedsDeadline)
        case .statefulset: self.init(statefulSet: workload)
        case .daemonset: self.init(daemonSet: workload)
        }
    }

    private init(deployment: WorkloadObject, heedsDeadline: Bool) {
        let name = deployment.metadata.name
        let status = deployment.status
        // A status from before the last change says nothing about it: the old version looks complete.
        guard deployment.isObserved else {
            self = .waiting("Waiting for deployment spec update to be observed...")
            return
        }
        if deployment.spec.paused == true {
            self = .failed(
                "deployment \"\(name)\" is paused: nothing is rolled out until `kubectl rollout resume` is called")
            return
        }
        if heedsDeadline,
            status?.conditions?.contains(where: { $0.type == "Progressing" && $0.reason == "ProgressDeadlineExceeded" })
                == true
        {
            self = .failed("deployment \"\(name)\" exceeded its progress deadline")
            return
        }
        let waiting = "Waiting for deployment \"\(name)\" rollout to finish:"
        let updated = status?.updatedReplicas ?? 0
        let replicas = status?.replicas ?? 0
        let available = status?.availableReplicas ?? 0
        // The spec says how many there should be at all; an autoscaler may change it on the way.
        let wanted = deployment.spec.replicas ?? 1
        if updated < wanted {
            self = .waiting("\(waiting) \(updated) out of \(wanted) new replicas have been updated...")
        } else if replicas > updated {
            self = .waiting("\(waiting) \(replicas - updated) old replicas are pending termination...")
        } else if available < updated {
            self = .waiting("\(waiting) \(available) of \(updated) updated replicas are available...")
        } else {
            self = .done("deployment \"\(name)\" successfully rolled out")
        }
    }

    private init(statefulSet: WorkloadObject) {
        let status = statefulSet.status
        if statefulSet.spec.updateStrategy?.type == "OnDelete" {
            self = .failed(
                "statefulset \"\(statefulSet.metadata.name)\" has the update strategy OnDelete: its pods are not "
                    + "replaced by a rollout")
            return
        }
        guard statefulSet.isObserved else {
            self = .waiting("Waiting for statefulset spec update to be observed...")
            return
        }
        let wanted = statefulSet.spec.replicas ?? 1
        let ready = status?.readyReplicas ?? 0
        if ready < wanted {
            self = .waiting("Waiting for \(wanted - ready) pods to be ready...")
            return
        }
        let updated = status?.updatedReplicas ?? 0
        let partition = statefulSet.spec.updateStrategy?.rollingUpdate?.partition ?? 0
        if partition > 0 {
            let share = max(0, wanted - partition)
            self =
                updated < share
                ? .waiting(
                    "Waiting for partitioned roll out to finish: \(updated) out of \(share) new pods have been updated..."
                )
                : .done("partitioned roll out complete: \(updated) new pods have been updated...")
        } else if status?.updateRevision != status?.currentRevision {
            let revision = status?.updateRevision ?? "unknown"
            self = .waiting(
                "waiting for statefulset rolling update to complete \(updated) pods at revision \(revision)...")
        } else {
            let revision = status?.currentRevision ?? "unknown"
            self = .done("statefulset rolling update complete \(wanted) pods at revision \(revision)...")
        }
    }

    private init(daemonSet: WorkloadObject) {
        let name = daemonSet.metadata.name
        let status = daemonSet.status
        if daemonSet.spec.updateStrategy?.type == "OnDelete" {
            self = .failed(
                "daemon set \"\(name)\" has the update strategy OnDelete: its pods are not replaced by a rollout")
            return
        }
        guard daemonSet.isObserved else {
            self = .waiting("Waiting for daemon set spec update to be observed...")
            return
        }
        let waiting = "Waiting for daemon set \"\(name)\" rollout to finish:"
        let wanted = status?.desiredNumberScheduled ?? 0
        let updated = status?.updatedNumberScheduled ?? 0
        let available = status?.numberAvailable ?? 0
        if updated < wanted {
            self = .waiting("\(waiting) \(updated) out of \(wanted) new pods have been updated...")
        } else if available < wanted {
            self = .waiting("\(waiting) \(available) of \(wanted) updated pods are available...")
        } else {
            self = .done("daemon set \"\(name)\" successfully rolled out")
        }
    }

    /// How many pods of the new revision there have to be at its end.
    static func expectedPods(_ workload: WorkloadObject, kind: Workload.Kind) -> Int {
        switch kind {
        case .deployment: workload.spec.replicas ?? 1
        case .statefulset:
            max(0, (workload.spec.replicas ?? 1) - (workload.spec.updateStrategy?.rollingUpdate?.partition ?? 0))
        case .daemonset: workload.status?.desiredNumberScheduled ?? 0
        }
    }
}
