import Contracts
import Kubernetes

/// What a workload says as long as it is as a rollout left it.
struct AppliedTemplate: Sendable, Equatable {
    /// Which rollout made the pods' template; `nil` for one that none of Slipway's did.
    var mark: String?
    var container: String
    /// The container's image, as the template has it.
    var image: String?
    /// The number of the rollout that left it so; `nil` where nobody counts.
    var sequence: Int64?
    /// All of it; `nil` where that is not known.
    var template: JSONValue?

    init(mark: String?, container: String, image: String?, sequence: Int64? = nil) {
        self.mark = mark
        self.container = container
        self.image = image
        self.sequence = sequence
    }

    /// What was just written.
    init(_ workload: WorkloadObject, container: String) {
        self.init(
            mark: workload.mark, container: container, image: workload.container(container)?.image,
            sequence: workload.sequence)
        template = workload.spec.template.whole
    }

    /// Whether the pod was made from this template.
    func owns(_ pod: PodObject) -> Bool { pod.metadata.annotations?[RolloutAnnotation.rollout] == mark }

    /// Who took the workload over, in words for people, or `nil` while it is as it was left.
    func replacement(in workload: WorkloadObject) -> String? {
        let image = workload.container(container)?.image
        if workload.mark == mark, image == self.image {
            guard let template, let found = workload.spec.template.whole, found != template else { return nil }
            return "replaced by another hand: the template of the pods was changed besides the image"
        }
        let now = image.map { "container \(container) has the image \($0) now" } ?? "container \(container) is gone"
        return newer(in: workload).map { "replaced by the newer rollout of \($0): \(now)" }
            ?? "replaced by another hand: \(now)"
    }

    /// The run of a newer rollout of Slipway's that changed the workload. `kubectl rollout undo` brings an earlier rollout's
    /// annotations back with its template: only a greater number is a newer one.
    private func newer(in workload: WorkloadObject) -> String? {
        guard let sequence, let found = workload.sequence, found > sequence,
            workload.mark == workload.annotation(RolloutAnnotation.rollout)
        else { return nil }
        return workload.run
    }
}
