import Contracts
import DockerEngine
import Kubernetes
import PipelineLanguage
import Text

/// What a rollout wants of a workload.
struct RolloutRequest: Sendable {
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
    /// The run as people know it, such as `shop/web#12`.
    var runName: String
    var ownership: Ownership
    var commit: String
    var cause: String
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

    init(_ request: RolloutRequest, on workload: WorkloadObject) {
        let what = "\(request.workload) in namespace \(request.namespace)"
        let template = workload.spec.template
        guard let container = workload.container(request.container) else {
            let names = template.spec.containers.map(\.name).joined(separator: ", ")
            self = .refuse("\(what) has no container “\(request.container)”; it has: \(names)")
            return
        }
        let options = "--namespace=\(ShellWord.quote(request.namespace)) --workload=\(request.workload)"
        if let reason = request.ownership.refusal(
            of: what, mark: workload.annotation(RolloutAnnotation.owner), options: options)
        {
            self = .refuse(reason)
            return
        }
        let hasImage = Self.isSame(container.image, request.image)
        let madePods = workload.mark == request.job.rawValue
        let isNewest = workload.annotation(RolloutAnnotation.rollout) == request.job.rawValue
        var isNumbered = false
        if let sequence = request.sequence, let found = workload.sequence {
            if found > sequence {
                let run = workload.run.map { " of \($0)" } ?? ""
                self = .refuse(
                    "a newer rollout\(run) was put on \(what): number \(found), this one is \(sequence)")
                return
            }
            let newest = workload.annotation(RolloutAnnotation.rollout)
            isNumbered = found == sequence && !request.earlierTries.contains { $0.rawValue == newest }
        }
        if isNumbered || isNewest, workload.annotation(RolloutAnnotation.undone) == request.job.rawValue {
            self = .undone
            return
        }
        if madePods || isNewest || isNumbered {
            self =
                hasImage && (madePods || isNewest)
                ? .resume
                : .refuse(Self.replaced(request))
            return
        }
        if let reason = Self.standstill(workload) {
            self = .refuse("\(what) \(reason)")
            return
        }
        self =
            hasImage ? .annotate(["metadata": Self.metadata(request, workload)]) : .patch(Self.patch(request, workload))
    }

    static func replaced(_ request: RolloutRequest) -> String {
        "\(request.workload) in namespace \(request.namespace) was changed by another hand since this rollout began; run it "
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
        _ request: RolloutRequest, _ workload: WorkloadObject, _ more: [String: JSONValue] = [:]
    ) -> JSONValue {
        var annotations: [String: JSONValue] = [
            RolloutAnnotation.run: .string(request.run.rawValue), RolloutAnnotation.runName: .string(request.runName),
            RolloutAnnotation.commit: .string(request.commit),
            RolloutAnnotation.cause: .string(request.cause), RolloutAnnotation.owner: .string(request.ownership.owner),
            RolloutAnnotation.rollout: .string(request.job.rawValue),
        ]
        if let sequence = request.sequence { annotations[RolloutAnnotation.sequence] = .string("\(sequence)") }
        // Null takes away what an earlier rollout left.
        if request.tag != nil || workload.annotation(RolloutAnnotation.tag) != nil {
            annotations[RolloutAnnotation.tag] = request.tag.map { .string($0) } ?? .null
        }
        annotations.merge(more) { $1 }
        var metadata: [String: JSONValue] = ["annotations": .object(annotations)]
        if let version = workload.metadata.resourceVersion { metadata["resourceVersion"] = .string(version) }
        return .object(metadata)
    }

    private static func patch(_ request: RolloutRequest, _ workload: WorkloadObject) -> JSONValue {
        let isInit = workload.spec.template.spec.initContainers?.contains { $0.name == request.container } == true
        let origin = RolloutOrigin(before: workload, kind: request.workload.kind, container: request.container)?.text
        return [
            "metadata": metadata(request, workload, [RolloutAnnotation.previous: origin.map { .string($0) } ?? .null]),
            "spec": [
                "template": template(
                    request.container, isInit: isInit, image: request.image, rollout: request.job.rawValue,
                    commit: request.commit)
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
