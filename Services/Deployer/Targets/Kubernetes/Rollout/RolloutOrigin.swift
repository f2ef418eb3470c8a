import Contracts
import FoundationEssentials
import PipelineLanguage

/// What a rollout changes of a workload, as it was when that was last well.
///
/// Written on the workload with the change: a cluster need not keep revisions, and the deployer that undoes a rollout
/// need not be the one that began it. No more than an image and what Slipway wrote beside it, so its size is bounded.
struct RolloutOrigin: Codable, Sendable, Equatable {
    var image: String
    /// Such as `7` or `web-6d4cf56db6`.
    var revision: String
    /// The annotations of the pods' template.
    var rollout: String?
    var commit: String?

    init(image: String, revision: String, rollout: String? = nil, commit: String? = nil) {
        (self.image, self.revision, self.rollout, self.commit) = (image, revision, rollout, commit)
    }

    /// What to remember before the workload is changed. One that is broken hands on what it remembers itself.
    init?(before workload: WorkloadObject, kind: Workload.Kind, container: String) {
        if case .done = RolloutStatus(workload, kind: kind) {
        } else if let remembered = RolloutOrigin(rememberedBy: workload) {
            self = remembered
            return
        }
        guard let image = workload.container(container)?.image else { return nil }
        let annotations = workload.spec.template.metadata?.annotations
        self.init(
            image: image, revision: workload.revision, rollout: annotations?[RolloutAnnotation.rollout],
            commit: annotations?[RolloutAnnotation.commit])
    }

    /// - Returns: `nil` where nothing is remembered that can be understood: a rollback says so where something else is there.
    init?(rememberedBy workload: WorkloadObject) {
        guard let text = workload.annotation(RolloutAnnotation.previous),
            let found = try? Wire.decode(RolloutOrigin.self, from: Data(text.utf8))
        else { return nil }
        self = found
    }

    /// As an annotation; a few texts can always be written.
    var text: String? { (try? Wire.encode(self)).map { String(decoding: $0, as: UTF8.self) } }

    /// As something to go back to.
    func revision(of workload: WorkloadObject, container: String) -> RolloutRevision {
        let isInit = workload.spec.template.spec.initContainers?.contains { $0.name == container } == true
        return RolloutRevision(
            name: revision, number: 0,
            patch: [
                "spec": [
                    "template": RolloutDecision.template(
                        container, isInit: isInit, image: image, rollout: rollout, commit: commit)
                ]
            ], serves: false)
    }
}
