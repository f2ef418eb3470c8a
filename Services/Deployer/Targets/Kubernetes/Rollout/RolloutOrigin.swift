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

    /// - Returns: `nil` where nothing is remembered that can be understood; ``problem(in:)`` says so where something else is
    ///   there.
    init?(rememberedBy workload: WorkloadObject) {
        do {
            guard let found = try Self.remembered(by: workload) else { return nil }
            self = found
        } catch {
            return nil
        }
    }

    /// What is wrong with what a workload remembers, for people; `nil` where it remembers nothing, or what can be understood.
    static func problem(in workload: WorkloadObject) -> String? {
        do {
            _ = try remembered(by: workload)
            return nil
        } catch {
            return "the annotation \(RolloutAnnotation.previous) is not understood: \(error)"
        }
    }

    private static func remembered(by workload: WorkloadObject) throws -> RolloutOrigin? {
        try workload.annotation(RolloutAnnotation.previous).map {
            try Wire.decode(RolloutOrigin.self, from: Data($0.utf8))
        }
    }

    /// As an annotation.
    var text: String {
        var json = JSONText(capacity: 256)
        json.object {
            $0.member("commit", commit)
            $0.member("image", image)
            $0.member("revision", revision)
            $0.member("rollout", rollout)
        }
        return String(decoding: json.bytes, as: UTF8.self)
    }

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
