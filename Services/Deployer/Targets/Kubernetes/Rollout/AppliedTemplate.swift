import Kubernetes

/// What a workload says as long as it is as a rollout left it.
struct AppliedTemplate: Sendable, Equatable {
    /// Which rollout made the pods' template; `nil` for one that none of Slipway's did.
    var mark: String?
    var container: String
    /// The container's image, as the template has it.
    var image: String?

    init(mark: String?, container: String, image: String?) {
        self.mark = mark
        self.container = container
        self.image = image
    }

    /// What was just written.
    init(_ workload: WorkloadObject, container: String) {
        self.init(mark: workload.mark, container: container, image: workload.container(container)?.image)
    }

    /// Whether the pod was made from this template.
    func owns(_ pod: PodObject) -> Bool { pod.metadata.annotations?[RolloutAnnotation.rollout] == mark }

    /// Who took the workload over, in words for people, or `nil` while it is as it was left.
    func replacement(in workload: WorkloadObject) -> String? {
        let image = workload.container(container)?.image
        guard workload.mark != mark || image != self.image else { return nil }
        let now = image.map { "container \(container) has the image \($0) now" } ?? "container \(container) is gone"
        if workload.mark != mark, workload.mark == workload.annotation(RolloutAnnotation.rollout),
            let run = workload.annotation(RolloutAnnotation.run)
        {
            return "replaced by another rollout (run \(run)): \(now)"
        }
        return "replaced by another hand: \(now)"
    }
}
