import Contracts
import DockerEngine
import PipelineLanguage

/// What a rollout wants of a workload.
struct RolloutWish: Sendable {
    var workload: Workload
    var namespace: String
    var container: String
    /// By its digest.
    var image: String
    /// The tag the image was named by, where it was.
    var tag: String?
    /// Grows with every rollout of the workload; `nil` where nobody counts.
    var sequence: Int64?
    var job: JobID
    /// The rollouts of earlier tries of the same step, which bear the same number.
    var earlierTries: [JobID] = []
    /// Whether a worker before this one may have begun it.
    var mayHaveBegun = false
    var run: RunID
    /// The repository that rolls out.
    var owner: String
    var commit: String
    var cause: String
}

/// The annotations Slipway keeps on what it rolls out.
enum RolloutAnnotation {
    /// On the workload: the number of the newest rollout. An older one does not go over it.
    static let sequence = "slipway.dev/sequence"
    static let run = "slipway.dev/run"
    /// On the workload: the repository whose rollout was the newest.
    static let owner = "slipway.dev/owner"
    /// On the workload: the tag that was resolved to the image's digest.
    static let tag = "slipway.dev/tag"
    /// On the workload and on its pods.
    static let commit = "slipway.dev/commit"
    /// On the pods: which rollout made them. It changes with every one that changes the image, so that each of those
    /// is a revision. On the workload: the newest rollout, whether it changed anything or not.
    static let rollout = "slipway.dev/rollout"
    static let cause = "kubernetes.io/change-cause"
    /// On the workload: the rollout that failed and was undone.
    static let undone = "slipway.dev/undone"
    /// On the workload: what the newest rollout changed, as it was before; see ``RolloutOrigin``.
    static let previous = "slipway.dev/previous"
}

/// What to do with a workload as it is found.
enum RolloutDecision: Equatable {
    /// Change it by this strategic merge patch. It names the version that was read, so a change between fails.
    case patch(JSONValue)
    /// It has the image already: this patch only writes who rolled out, and restarts nothing.
    case annotate(JSONValue)
    /// It is this rollout's already: a worker before this one changed it. Only watch.
    case resume
    /// A worker before this one undid the rollout, and may not have seen the end of that.
    case undone
    case refuse(String)

    init(_ wish: RolloutWish, on workload: WorkloadObject) {
        let what = "\(wish.workload) in namespace \(wish.namespace)"
        let template = workload.spec.template
        guard let container = workload.container(wish.container) else {
            let names = template.spec.containers.map(\.name).joined(separator: ", ")
            self = .refuse("\(what) has no container “\(wish.container)”; it has: \(names)")
            return
        }
        let hasImage = Self.isSame(container.image, wish.image)
        let madePods = workload.mark == wish.job.rawValue
        let isNewest = workload.annotation(RolloutAnnotation.rollout) == wish.job.rawValue
        var isNumbered = false
        if let sequence = wish.sequence, let text = workload.annotation(RolloutAnnotation.sequence),
            let found = Int64(text)
        {
            if found > sequence {
                let run = workload.annotation(RolloutAnnotation.run).map { " (run \($0))" } ?? ""
                self = .refuse("a newer rollout\(run) was put on \(what): number \(found), this one is \(sequence)")
                return
            }
            let newest = workload.annotation(RolloutAnnotation.rollout)
            isNumbered = found == sequence && !wish.earlierTries.contains { $0.rawValue == newest }
        }
        if isNumbered || isNewest, workload.annotation(RolloutAnnotation.undone) == wish.job.rawValue {
            self = .undone
            return
        }
        if madePods || isNewest || isNumbered {
            self =
                hasImage && (madePods || isNewest)
                ? .resume
                : .refuse(Self.replaced(wish))
            return
        }
        if let reason = Self.standstill(workload) {
            self = .refuse("\(what) \(reason)")
            return
        }
        self = hasImage ? .annotate(["metadata": Self.metadata(wish, workload)]) : .patch(Self.patch(wish, workload))
    }

    static func replaced(_ wish: RolloutWish) -> String {
        "\(wish.workload) in namespace \(wish.namespace) was changed by another hand since this rollout began; run it "
            + "again to roll out once more"
    }

    /// Why a change of the template would replace no pod, or `nil` where it does.
    private static func standstill(_ workload: WorkloadObject) -> String? {
        if workload.spec.paused == true {
            return "is paused: nothing is rolled out until `kubectl rollout resume` is called"
        }
        if workload.spec.updateStrategy?.type == "OnDelete" {
            return "has the update strategy OnDelete: its pods are not replaced by a rollout"
        }
        return nil
    }

    /// Whether both name the same content in the same repository, whatever tag one of them bears.
    private static func isSame(_ image: String?, _ other: String) -> Bool {
        guard let image else { return false }
        if image == other { return true }
        do {
            let (left, right) = (try ImageReference(image), try ImageReference(other))
            return left.digest != nil && left.digest == right.digest && left.repository == right.repository
        } catch {
            return false
        }
    }

    /// What is written beside the pods' template, with the annotations `more`: nothing that makes the cluster replace a pod.
    private static func metadata(
        _ wish: RolloutWish, _ workload: WorkloadObject, _ more: [String: JSONValue] = [:]
    ) -> JSONValue {
        var annotations: [String: JSONValue] = [
            RolloutAnnotation.run: .string(wish.run.rawValue), RolloutAnnotation.commit: .string(wish.commit),
            RolloutAnnotation.cause: .string(wish.cause), RolloutAnnotation.owner: .string(wish.owner),
            RolloutAnnotation.rollout: .string(wish.job.rawValue),
        ]
        if let sequence = wish.sequence { annotations[RolloutAnnotation.sequence] = .string("\(sequence)") }
        // Null takes away what an earlier rollout left.
        if wish.tag != nil || workload.annotation(RolloutAnnotation.tag) != nil {
            annotations[RolloutAnnotation.tag] = wish.tag.map { .string($0) } ?? .null
        }
        annotations.merge(more) { $1 }
        var metadata: [String: JSONValue] = ["annotations": .object(annotations)]
        if let version = workload.metadata.resourceVersion { metadata["resourceVersion"] = .string(version) }
        return .object(metadata)
    }

    private static func patch(_ wish: RolloutWish, _ workload: WorkloadObject) -> JSONValue {
        let isInit = workload.spec.template.spec.initContainers?.contains { $0.name == wish.container } == true
        let origin = RolloutOrigin(before: workload, kind: wish.workload.kind, container: wish.container)?.text
        return [
            "metadata": metadata(wish, workload, [RolloutAnnotation.previous: origin.map { .string($0) } ?? .null]),
            "spec": [
                "template": template(
                    wish.container, isInit: isInit, image: wish.image, rollout: wish.job.rawValue, commit: wish.commit)
            ],
        ]
    }

    /// The part of a pods' template that a rollout changes, as a patch. What is `nil` is taken away.
    static func template(
        _ container: String, isInit: Bool, image: String, rollout: String?, commit: String?
    ) -> JSONValue {
        let change: JSONValue = ["name": .string(container), "image": .string(image)]
        return [
            "metadata": [
                "annotations": [
                    RolloutAnnotation.rollout: rollout.map { .string($0) } ?? .null,
                    RolloutAnnotation.commit: commit.map { .string($0) } ?? .null,
                ]
            ],
            "spec": [isInit ? "initContainers" : "containers": [change]],
        ]
    }
}
