import Contracts
import Kubernetes
import PipelineLanguage

/// The pods of a workload as a rollout sees them: which are its own, and which are in the way.
struct RolloutPods {
    let kind: Workload.Kind
    let applied: AppliedTemplate
    /// Whether the template's mark does not tell the pods of its last revision from those before: this rollout left the
    /// template as it was.
    let needsRevision: Bool
    /// The workload as it was seen last.
    var workload: WorkloadObject?
    /// What the cluster said of a Deployment's last revision.
    private var revision: Revision = .unknown
    private var all: [String: ObservedPod] = [:]

    private enum Revision: Equatable {
        case unknown, untold
        case hash(String)
    }

    init(kind: Workload.Kind, applied: AppliedTemplate, needsRevision: Bool = false) {
        (self.kind, self.applied, self.needsRevision) = (kind, applied, needsRevision)
    }

    // MARK: - Hearing

    /// - Parameter wall: What this machine's clock says `now`.
    /// - Returns: what is new of a pod of the rollout, for people.
    mutating func update(_ pod: PodObject, at now: ContinuousClock.Instant, wall: Timestamp) -> String? {
        var known = all[pod.metadata.name] ?? ObservedPod(pod)
        // A StatefulSet gives the name again.
        if known.pod.metadata.uid != pod.metadata.uid { known = ObservedPod(pod) }
        known.update(pod, at: now, wall: wall)
        let line = known.description
        let isNew = line != known.line && isOwn(pod)
        known.line = line
        all[pod.metadata.name] = known
        return isNew ? line : nil
    }

    /// - Parameter hash: What the pods of the last revision bear, where the cluster tells.
    mutating func found(_ hash: String?) { revision = hash.map { .hash($0) } ?? .untold }

    mutating func remove(_ pod: PodObject) { all[pod.metadata.name] = nil }

    /// Forgets all but those with these names.
    mutating func keep(_ names: Set<String>) { all = all.filter { names.contains($0.key) } }

    // MARK: - Which they are

    /// Those of this rollout that are to serve, by name.
    var own: [ObservedPod] {
        all.values.filter { isOwn($0.pod) && $0.isLive }.sorted { $0.pod.metadata.name < $1.pod.metadata.name }
    }

    /// Own ones that are not well, the worst first.
    var troubled: [ObservedPod] {
        own.filter { $0.trouble != nil } + own.filter { $0.trouble == nil && !$0.pod.isReady }
    }

    /// Those of the workload that are to go and have not.
    var ending: [ObservedPod] {
        all.values.filter { isOfWorkload($0.pod) && $0.pod.isBeingDeleted }
            .sorted { $0.pod.metadata.name < $1.pod.metadata.name }
    }

    /// Those of other revisions that keep a StatefulSet from replacing any: it waits until they are ready, which they
    /// will never be.
    var blocking: [ObservedPod] {
        guard kind == .statefulset, let workload, workload.isObserved, let revision = workload.status?.updateRevision
        else { return [] }
        let isPartial = (workload.spec.updateStrategy?.rollingUpdate?.partition ?? 0) > 0
        return all.values.filter { known in
            guard isOfWorkload(known.pod), let found = known.pod.revision, found != revision,
                !known.pod.isBeingDeleted, !known.pod.isReady
            else { return false }
            // Below the partition the earlier revision is meant to stay.
            return !isPartial || found != workload.status?.currentRevision
        }.sorted { $0.pod.metadata.name > $1.pod.metadata.name }
    }

    /// Whether the rollout made it.
    func isOwn(_ pod: PodObject) -> Bool { applied.owns(pod) && isOfWorkload(pod) && isOfLastRevision(pod) }

    private func isOfLastRevision(_ pod: PodObject) -> Bool {
        guard needsRevision else { return true }
        switch kind {
        case .deployment:
            if case .hash(let hash) = revision { return pod.templateHash == hash }
            return revision == .untold
        case .statefulset:
            guard let workload, workload.isObserved, let last = workload.status?.updateRevision else { return false }
            return pod.revision == last
        case .daemonset: return true
        }
    }

    /// Selectors of two workloads may take the same pods.
    private func isOfWorkload(_ pod: PodObject) -> Bool {
        guard let owner = pod.metadata.ownerReferences?.first(where: { $0.controller == true }) else { return true }
        if kind == .deployment {
            guard owner.kind == "ReplicaSet" else { return false }
            // A Deployment calls its ReplicaSets by itself and the hash that their pods bear.
            guard let name = workload?.metadata.name, let hash = pod.templateHash else { return true }
            return owner.name == "\(name)-\(hash)"
        }
        return workload?.metadata.uid.map { $0 == owner.uid } ?? true
    }
}
